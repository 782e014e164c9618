import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreHarness } from '../../../packages/millrace/src/store/testing/harness.ts'
import { runHistories } from '../../../packages/millrace/src/store/testing/histories.ts'

/** So many histories have a seed of their own: one that fails is found again without those before it. */
const CHUNK = 100
/** By a clock that goes by itself most of a history is waiting: so many are played at once. */
const LANES = 8
/** Seeds with which a store has failed once, by store: played first, for ever. */
const KEPT = join('test', 'fault', 'chaos', 'seeds.json')

type Seeds = Readonly<Record<string, readonly number[]>>

interface Chunk {
  readonly seed: number
  readonly runs: number
}

/** Plays so many random histories on a store and on the model of it. A seed that fails is kept. */
export async function playHistories(store: string, harness: StoreHarness, count: number, seed: number): Promise<boolean> {
  const kept = JSON.parse(await readFile(KEPT, 'utf8')) as Seeds
  const known = (kept[store] ?? []).map((each) => ({ seed: each, runs: CHUNK }))
  const chunks = [...known, ...Array.from({ length: Math.ceil(count / CHUNK) }, (_, i) => ({ seed: seed + i, runs: Math.min(CHUNK, count - i * CHUNK) }))]
  const answers = new Map<string, number>()
  const failed: number[] = []
  let played = 0
  async function playOn(): Promise<void> {
    for (let chunk = chunks.shift(); chunk && failed.length === 0; chunk = chunks.shift()) {
      if (!(await play(harness, chunk, answers))) failed.push(chunk.seed)
      else console.log(`${String((played += chunk.runs))} histories, seed ${String(chunk.seed)}`)
    }
  }
  await Promise.all(Array.from({ length: harness.clock === 'real' ? LANES : 1 }, playOn))
  if (failed.length > 0) await keep(kept, store, failed)
  console.log([...answers].sort().map(([answer, times]) => `${answer} ${String(times)}`).join(', '))
  console.log(`store ${store}: histories ${String(played)}, failed ${failed.length === 0 ? '0' : `with seed ${failed.join(', ')}, kept in ${KEPT}`}`)
  return failed.length === 0
}

async function play(harness: StoreHarness, chunk: Chunk, answers: Map<string, number>): Promise<boolean> {
  try {
    for (const [answer, times] of await runHistories(harness, chunk)) answers.set(answer, (answers.get(answer) ?? 0) + times)
    return true
  } catch (error) {
    // With its cause: the calls and what they were answered.
    console.log(error)
    return false
  }
}

async function keep(kept: Seeds, store: string, failed: readonly number[]): Promise<void> {
  const seeds = { ...kept, [store]: [...new Set([...(kept[store] ?? []), ...failed])] }
  await writeFile(KEPT, `${JSON.stringify(seeds, null, 2)}\n`)
}
