import { createClient } from '../client/client.ts'
import { isEndStatus } from '../event/run-event.ts'
import type { CancelCommand } from './arguments.ts'
import { patient } from './reach.ts'
import { toLine } from './terminal.ts'

/** Stops a run's work. @returns the exit code */
export async function cancel({ base, id, access }: CancelCommand): Promise<number> {
  const status = await createClient(base, patient(access)).open(id).cancel()
  process.stdout.write(isEndStatus(status) ? `${status}\n` : `${toLine(status)}, and told to stop\n`)
  return 0
}
