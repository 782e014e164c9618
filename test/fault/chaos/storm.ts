import { mkdir } from 'node:fs/promises'
import { pause } from './clock.ts'
import { Crew } from './crew.ts'
import type { Engine } from './engine/engine.ts'
import { falseClocks } from './false-clock.ts'
import { disturb, strike, type Weather } from './faults.ts'
import type { Evidence } from './oracle/evidence.ts'
import { Random } from './random.ts'
import { readLogs } from './read-logs.ts'
import { Traffic } from './traffic.ts'

export interface StormOptions {
  readonly engine: Engine
  /** The bundled `worker.ts`. */
  readonly script: string
  readonly folder: string
  readonly kills: number
  readonly seed: number
  readonly lease: number
  readonly workers?: number
  readonly runs?: number
  readonly onFault?: (kills: number, sort: string) => void
}

/** In ms. */
const SHORTEST_CALM = 100
const LONGEST_CALM = 700
/** So many workers are left alone at any time: the promise is for as long as one lives. */
const SPARED = 2
/** So long what was started may take once the storm is over, in ms. */
const AFTERMATH = 60_000

/** Lets everything happen that may happen until so many workers were killed, and gives what everybody wrote down. */
export async function storm(options: StormOptions): Promise<Evidence> {
  const { engine, seed, lease, folder, script, workers = 5, runs = 12 } = options
  await mkdir(folder, { recursive: true })
  // A file has its writers' clock, and the processes of one machine have one: there a jump would befall all.
  const clocks = engine.endpoint === null ? null : falseClocks()
  // One for each sort of chance, so that what one draws does not hang on how often another did.
  const [weathers, routes, people] = [new Random(seed), new Random(seed + 1), new Random(seed + 2)]
  const crew = new Crew({ engine, script, folder, lease, size: workers, clocks })
  const portOf = (): number | null => (crew.ready.length === 0 ? null : routes.one(crew.ready).port)
  const traffic = new Traffic({ portOf, random: people, seats: runs })
  const weather: Weather = { crew, traffic, engine, random: weathers, lease, outages: [] }
  try {
    await crew.open()
    await traffic.open()
    await rage(weather, options)
    const readers = await traffic.close(AFTERMATH)
    const calls = await crew.close()
    const { started } = traffic
    const created = calls.filter(({ type, answer }) => type === 'create' && answer.outcome === 'done').map(({ run }) => run)
    const logs = await readLogs(engine, [...new Set([...started, ...created])])
    return { logs, started, calls, readers, faults: [...crew.faults, ...weather.outages], manned: crew.manned, lease }
  } finally {
    await crew.close()
  }
}

async function rage(weather: Weather, { kills, onFault }: StormOptions): Promise<void> {
  const { crew, random } = weather
  const begun = new Set<Promise<void>>()
  while (crew.kills < kills) {
    await pause(random.between(SHORTEST_CALM, LONGEST_CALM))
    const isManned = crew.idle.length > SPARED
    for (const sort of [disturb(weather), ...(isManned ? [strike(weather)] : [])]) {
      onFault?.(crew.kills, sort.name)
      begun.add(sort.over)
      void sort.over.then(() => begun.delete(sort.over))
    }
  }
  await Promise.all(begun)
}
