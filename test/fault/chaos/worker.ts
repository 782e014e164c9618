/** A process of an application, as anybody writes it: a server whose runs others take over. It is killed, and asked for nothing else. */
import { appendFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { anyone, createMillrace, type Logger } from '../../../packages/millrace/src/index.ts'
import { serve } from '../../../packages/millrace/src/runtime/index.ts'
import type { CrashPoint } from './crash-points.ts'
import { openStore } from './engine/stores.ts'
import { KINDS } from './kinds.ts'
import { Records } from './records.ts'
import { recording } from './recording.ts'

/** What a worker is told at its start, as JSON in `CHAOS_WORKER`. */
export interface WorkerOrders {
  readonly address: string
  readonly records: string
  readonly log: string
  readonly lease: number
}
/** What it is told while it works. */
export type WorkerMessage = { readonly crashAt: CrashPoint } | 'leave'

const { address, records, log, lease } = JSON.parse(process.env['CHAOS_WORKER'] ?? '{}') as WorkerOrders
let crashAt: CrashPoint | null = null

function reach(point: CrashPoint): void {
  if (point === crashAt) process.kill(process.pid, 'SIGKILL')
}

function logAs(level: string): (message: string, details?: unknown) => void {
  return (message, details) => appendFileSync(log, `${level} ${message} ${inspect(details)}\n`)
}

const logger: Logger = { warn: logAs('warn'), error: logAs('error') }
const store = recording(openStore(address), new Records(records), reach)
const app = createMillrace({ store, runs: KINDS, authenticate: anyone, lease, cancelGrace: 300, heartbeat: 2_000, logger })
const server = await serve(app, { port: 0 })

process.on('message', (message: WorkerMessage) => {
  if (message === 'leave') void leave()
  else crashAt = message.crashAt
})
// Whoever started it is gone: nobody would end it.
process.on('disconnect', () => process.exit(1))
process.send?.(server.port)

async function leave(): Promise<void> {
  await app.close()
  await server.close()
  process.exit(0)
}
