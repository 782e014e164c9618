import type { ConnectionStatus } from '../client/connection.ts'
import type { Entry, SourceEvent } from '../event/run-event.ts'
import { isSettled } from '../progress/item.ts'
import { progressLine } from './progress.ts'
import { answerLine, askLine } from './question.ts'
import type { Screen } from './screen.ts'

const CONNECTION: Readonly<Partial<Record<ConnectionStatus, string>>> = {
  connecting: 'connecting',
  live: 'connected',
  reconnecting: 'connection lost, reconnecting',
  resumed: 'connected again',
  offline: 'offline, waiting for the network',
}

/** Says what entries say to somebody who reads along. */
export class Narrator {
  readonly #screen: Screen
  #sources: SourceEvent[] = []

  constructor(screen: Screen) {
    this.#screen = screen
  }

  connection(status: ConnectionStatus): void {
    const line = CONNECTION[status]
    if (line !== undefined) this.#screen.notice(line)
  }

  /** @returns false: the output is full */
  entry(entry: Entry): boolean {
    switch (entry.type) {
      case 'delta':
        return entry.kind !== 'text' || this.#screen.text(entry.text)
      case 'status':
        this.#screen.notice([entry.status, entry.message].filter((part) => part !== undefined).join(': '))
        break
      case 'progress':
        if (isSettled(entry.status)) this.#screen.settle(progressLine(entry))
        else this.#screen.bar(progressLine(entry))
        break
      case 'ask':
        this.#screen.notice(askLine(entry))
        break
      case 'answer':
        this.#screen.notice(answerLine(entry))
        break
      case 'source':
        this.#sources.push(entry)
        break
      case 'file':
        this.#screen.notice(`file: ${entry.name} ${entry.url}`)
        break
      case 'error':
        this.#screen.notice(`${entry.error.code}: ${entry.error.message}`)
        break
      case 'attempt':
        this.#sources = []
        this.#screen.notice(`the run begins anew (attempt ${String(entry.n)}); what it said before does not hold`)
        break
      default:
    }
    return true
  }

  /** What stands below an answer. */
  sources(): void {
    this.#screen.finish()
    this.#sources.forEach(({ title, url }, index) => {
      this.#screen.notice(`[${String(index + 1)}] ${title}${url === undefined ? '' : ` ${url}`}`)
    })
  }
}
