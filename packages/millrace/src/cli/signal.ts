import { createClient } from '../client/client.ts'
import type { Run } from '../client/run.ts'
import { MillraceError } from '../event/error.ts'
import type { SignalCommand } from './arguments.ts'
import { patient } from './reach.ts'
import { toLine } from './terminal.ts'

/** Sends a run what it asks for. @returns the exit code */
export async function signal({ base, id, access, type, data, question }: SignalCommand): Promise<number> {
  const run = createClient(base, patient(access)).open(id)
  const answers = question ?? (await questionOf(run, type))
  const status = await run.signal({ type, data, ...(answers === null ? {} : { id: answers }) })
  process.stdout.write(`${toLine(status)}\n`)
  return 0
}

/** The one question that such a signal answers; `null` where none is open. */
async function questionOf(run: Run, type: string): Promise<string | null> {
  const { asks = [] } = await run.snapshot()
  const [first, ...more] = asks.filter(({ signal }) => signal === type).map(({ id }) => id)
  if (first === undefined) return null
  if (more.length === 0) return first
  throw new MillraceError('invalid_request', `The run asks for ${type} more than once. Say which with --id: ${[first, ...more].join(', ')}.`)
}
