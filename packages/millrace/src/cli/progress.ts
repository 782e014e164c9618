import type { ProgressEvent } from '../event/run-event.ts'
import { terminalBar } from '../progress/terminal.ts'

/** An item's progress in one line; with a bar where its end is known. */
export function progressLine({ item, name = item, status, done, total, message }: ProgressEvent): string {
  const parts = [name]
  if (done !== undefined && total !== undefined && total > 0) {
    const share = Math.min(Math.max(done / total, 0), 1)
    parts.push(terminalBar(share), `${String(Math.floor(share * 100))} %`, `${String(done)}/${String(total)}`)
  } else if (done !== undefined) parts.push(String(done))
  if (status !== 'running') parts.push(status)
  if (message !== undefined) parts.push(message)
  return parts.join(' ')
}
