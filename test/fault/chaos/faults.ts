import { now, pause } from './clock.ts'
import { CRASH_POINTS, type CrashPoint } from './crash-points.ts'
import type { Crew, Member } from './crew.ts'
import type { Engine } from './engine/engine.ts'
import type { Fault } from './oracle/evidence.ts'
import type { Random } from './random.ts'
import type { Traffic } from './traffic.ts'

/** What faults are done to. */
export interface Weather {
  readonly crew: Crew
  readonly traffic: Traffic
  readonly engine: Engine
  readonly random: Random
  readonly lease: number
  /** Of those that befall all workers at once. */
  readonly outages: Fault[]
}

/** Resolves when it is over; nothing where it is at once. */
type WorkerFault = (weather: Weather, member: Member) => Promise<void> | undefined
type Weights = Readonly<Record<string, readonly [weight: number, WorkerFault]>>

/** In ms. */
const LONGEST_OUTAGE = 600
const LONGEST_STALL = 1_500
/** In hours. */
const LONGEST_JUMP = 48

const ANYWHERE: Weights = {
  'kill': [24, kill],
  ...Object.fromEntries(CRASH_POINTS.map((point) => [point, [7, crashAt(point)] as const])),
  'stop for longer than a lease': [5, freeze],
  'hand-over': [3, dismiss],
  'kill all': [1, killAll],
}
/** With a server between, whose link may break. */
const BY_LINK: Weights = {
  'link cut': [8, cutLink],
  'link stalled for longer than a lease': [4, stallLink],
  'link half open for longer than a lease': [4, halfOpenLink],
}
/** Time is the engine's: a worker's own clock may say what it likes. */
const BY_CLOCK: Weights = { 'clock jump': [4, jumpClock] }
const BY_ENGINE: Weights = { 'engine killed': [5, crashEngine] }

/** What was begun, and when it is over. */
export interface Struck {
  readonly name: string
  readonly over: Promise<void>
}

/** Does something to a worker, or to what it stands on. */
export function strike(weather: Weather): Struck {
  const { engine, random, crew } = weather
  const weights = { ...ANYWHERE, ...(engine.endpoint === null ? {} : BY_LINK), ...(engine.crash === null ? {} : BY_ENGINE), ...(crew.hasClocks ? BY_CLOCK : {}) }
  const name = random.weighted(Object.fromEntries(Object.entries(weights).map(([each, [weight]]) => [each, weight])))
  return { name, over: weights[name]![1](weather, random.one(crew.idle)) ?? Promise.resolve() }
}

/** Does something to a reader's line. */
export function disturb({ traffic, random }: Weather): Struck {
  const line = random.one(traffic.lines)
  const name = random.weighted({ 'reader cut': 12, 'reader stalled': 2, 'reader half open': 1 })
  if (name === 'reader cut') {
    line.cut(random.between(0, 4_000))
    return { name, over: Promise.resolve() }
  }
  const mend = name === 'reader stalled' ? line.stall() : line.halfOpen()
  return { name, over: pause(random.between(100, LONGEST_STALL)).then(mend) }
}

function kill({ crew }: Weather, member: Member): undefined {
  crew.kill(member)
}

function dismiss({ crew }: Weather, member: Member): undefined {
  crew.dismiss(member)
}

function crashAt(point: CrashPoint): WorkerFault {
  return ({ crew, lease }, member) => {
    crew.crashAt(member, point, lease * 3)
    return undefined
  }
}

/** Its lease runs out meanwhile, and another goes on: what it writes when it wakes up is a zombie's. */
async function freeze({ crew, random, lease }: Weather, member: Member): Promise<void> {
  const mend = crew.disable(member, 'stop for longer than a lease')
  member.process.kill('SIGSTOP')
  await pause(lease * (1.2 + random.next()))
  member.process.kill('SIGCONT')
  mend()
}

/** What becomes of a machine: nobody is left until new ones have started. */
function killAll({ crew }: Weather): undefined {
  for (const member of crew.idle) crew.kill(member, 'kill all')
}

function cutLink({ crew, random }: Weather, member: Member): undefined {
  const mend = crew.disable(member, 'link cut')
  member.line?.cut(random.between(0, 2_000))
  mend()
}

async function stallLink({ crew, random, lease }: Weather, member: Member): Promise<void> {
  const mend = crew.disable(member, 'link stalled for longer than a lease')
  const letGo = member.line?.stall()
  await pause(lease * (1.2 + random.next()))
  letGo?.()
  mend()
}

async function halfOpenLink({ crew, random, lease }: Weather, member: Member): Promise<void> {
  const mend = crew.disable(member, 'link half open for longer than a lease')
  const reset = member.line?.halfOpen()
  await pause(lease * (1.2 + random.next()))
  reset?.()
  mend()
}

function jumpClock({ random }: Weather, { clock }: Member): undefined {
  clock?.jump(random.between(-LONGEST_JUMP, LONGEST_JUMP))
}

async function crashEngine({ engine, outages, random }: Weather): Promise<void> {
  // It is down already.
  if (outages.at(-1)?.until === null) return
  const outage = { sort: 'engine killed', at: now(), worker: null, isKill: false }
  const index = outages.push({ ...outage, until: null }) - 1
  await engine.crash?.kill()
  await pause(random.between(0, LONGEST_OUTAGE))
  await engine.crash?.start()
  outages[index] = { ...outage, until: now() }
}
