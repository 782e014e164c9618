/** `npm run chaos`: a storm over one store and what the oracle says of it, or random histories. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChaosFlags } from '../../../scripts/lib/chaos-flags.mjs'
import { engineSortOf } from './engine/engines.ts'
import type { Engine } from './engine/engine.ts'
import { judge } from './oracle/judge.ts'
import { playHistories } from './histories.ts'
import { reportOn } from './report.ts'
import { storm } from './storm.ts'

const { store, kills, lease, histories, seed } = JSON.parse(process.argv[2] ?? '') as ChaosFlags
/** Between two lines that say how far it is, in ms. */
const PROGRESS = 5_000

const sort = engineSortOf(store)
const engine = await sort.start(store)
try {
  const isPassed = histories === null ? await rage(engine) : await playHistories(sort.scheme, sort.harness(engine), histories, seed)
  process.exitCode = isPassed ? 0 : 1
} finally {
  await engine.close()
}

async function rage(over: Engine): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-storm-'))
  const faults = new Map<string, number>()
  let killed = 0
  console.log(`store ${sort.scheme}: ${String(kills)} kills, lease ${String(lease)} ms, seed ${String(seed)}; records in ${folder}`)
  const progress = setInterval(() => console.log(`${String(killed)} of ${String(kills)} kills`), PROGRESS)
  const evidence = await storm({
    engine: over, script: new URL('worker.mjs', import.meta.url).pathname, folder, kills, seed, lease,
    onFault(count, name) {
      killed = count
      faults.set(name, (faults.get(name) ?? 0) + 1)
    },
  }).finally(() => clearInterval(progress))
  const { lines, isPassed } = reportOn(judge(evidence, kills), { store: sort.scheme, seed, lease, faults })
  for (const line of lines) console.log(line)
  // What a failed storm left says why.
  if (isPassed) await rm(folder, { recursive: true })
  else await writeFile(join(folder, 'faults.json'), JSON.stringify({ faults: evidence.faults, manned: evidence.manned }, null, 1))
  return isPassed
}
