import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreHarness } from '../../../packages/millrace/src/store/testing/harness.ts'
import { runHistories } from '../../../packages/millrace/src/store/testing/histories.ts'

/** So many histories have a seed of their own: one that fails is found again without those before it. */
const CHUNK = 250
/** Seeds with which a store has failed once, by store: played first, for ever. */
const KEPT = join('test', 'fault', 'chaos', 'seeds.json')

type Seeds = Readonly<Record<string, readonly number[]>>

/** Plays so many random histories on a store and on the model of it. A seed that fails is kept. */
export async function playHistories(store: string, harness: StoreHarness, count: number, seed: number): Promise<boolean> {
  const kept = JSON.parse(await readFile(KEPT, 'utf8')) as Seeds
  const chunks = Array.from({ length: Math.ceil(count / CHUNK) }, (_, i) => ({ seed: (seed + i) % 2 ** 31, runs: Math.min(CHUNK, count - i * CHUNK) }))
  const answers = new Map<string, number>()
  let played = 0
  for (const chunk of [...(kept[store] ?? []).map((each) => ({ seed: each, runs: CHUNK })), ...chunks]) {
    try {
      for (const [answer, times] of await runHistories(harness, chunk)) answers.set(answer, (answers.get(answer) ?? 0) + times)
    } catch (error) {
      console.log(error instanceof Error ? error.message : String(error))
      await keep(kept, store, chunk.seed)
      console.log(`store ${store}: histories ${String(played)}, then one failed; its seed ${String(chunk.seed)} is kept in ${KEPT}`)
      return false
    }
    played += chunk.runs
    console.log(`${String(played)} histories, seed ${String(chunk.seed)}`)
  }
  console.log([...answers].sort().map(([answer, times]) => `${answer} ${String(times)}`).join(', '))
  console.log(`store ${store}: histories ${String(played)}, failed 0`)
  return true
}

async function keep(kept: Seeds, store: string, seed: number): Promise<void> {
  const seeds = { ...kept, [store]: [...new Set([...(kept[store] ?? []), seed])] }
  await writeFile(KEPT, `${JSON.stringify(seeds, null, 2)}\n`)
}
