import { once } from 'node:events'
import { createClient } from '../client/client.ts'
import type { Run } from '../client/run.ts'
import { isEndStatus, type EndEvent, type Entry } from '../event/run-event.ts'
import type { TailCommand } from './arguments.ts'
import { Narrator } from './narrator.ts'
import { Screen } from './screen.ts'
import { toJsonLine } from './terminal.ts'

type Ending = Pick<EndEvent, 'status' | 'error'>

const INTERRUPTED = 130

/** Follows a run to its end. @returns the exit code */
export async function tail({ base, id, access, from, json }: TailCommand): Promise<number> {
  const { stdout, stderr } = process
  const screen = new Screen(stdout, stderr)
  const narrator = new Narrator(screen)
  const interrupt = new AbortController()
  const { signal } = interrupt
  process.once('SIGINT', () => interrupt.abort())
  const run = createClient(base, access).open(id)
  run.onConnection((status) => narrator.connection(status))
  const batches = run.batches({ signal, ...(from === null ? {} : { after: from }) })
  const say = (entry: Entry): boolean => (json ? stdout.write(toJsonLine(entry)) : narrator.entry(entry))
  let ending: Ending | null = null
  try {
    for await (const entries of batches) {
      // Reads on only when whoever reads us has room again: what is behind waits in the log (P7).
      if (!entries.map(say).every(Boolean)) await once(stdout, 'drain', { signal })
      const last = entries.at(-1)
      if (last?.type === 'end') ending = last
    }
    ending ??= await endingOf(run, signal)
  } catch (error) {
    screen.finish()
    if (!signal.aborted) throw error
    const place = batches.cursor === '' ? '' : ` --from ${batches.cursor}`
    screen.notice(`left; the run goes on: millrace tail ${base}/runs/${id}${place}`)
    return INTERRUPTED
  }
  narrator.sources()
  return conclude(ending, screen)
}

/** Nothing followed the place we began at: the log does not say again how it ended, the snapshot does. */
async function endingOf(run: Run, signal: AbortSignal): Promise<Ending | null> {
  const { status, error } = await run.snapshot(signal)
  return isEndStatus(status) ? { status, ...(error === undefined ? {} : { error }) } : null
}

function conclude(ending: Ending | null, screen: Screen): number {
  if (ending?.status === 'completed') return 0
  if (ending === null) screen.notice('the stream ended before the run did')
  else if (ending.status === 'cancelled') screen.notice('the run was cancelled')
  else screen.notice(`the run failed${ending.error === undefined ? '' : `: ${ending.error.message} (${ending.error.code})`}`)
  return 1
}
