import { createClient } from '../../client/client.ts'
import type { ConnectionStatus } from '../../client/connection.ts'
import { newKey } from '../../client/key.ts'
import type { Run } from '../../client/run.ts'
import { hasCode, MillraceError } from '../../event/error.ts'
import type { EndEvent, Entry } from '../../event/run-event.ts'
import type { FormView } from './form-view.ts'
import { Kept } from './kept.ts'
import { readPlain } from './plain.ts'

const KIND_PATH = /^(.*)\/runs\/([^/?#]+)$/
const CONNECTION: Readonly<Partial<Record<ConnectionStatus, string>>> = {
  reconnecting: 'The connection was lost. Reconnecting…', offline: 'No network. Waiting…', resumed: 'Reconnected.',
}
/** What says that a kept id leads to no run: it is none, or the run has expired. */
const FORGOTTEN = ['gone', 'not_found', 'invalid_request'] as const
const LOST = 'The connection was lost.'

/**
 * Sends a form, shows its answer, and finds it again after a reload: the run's id stays in the tab's own storage,
 * and until there is one, what was sent and under which key.
 */
export class StreamingForm {
  readonly #view: FormView
  readonly #url: string
  readonly #base: string
  readonly #kind: string | null
  readonly #kept: Kept
  readonly #sent: Kept
  #busy = false
  /** Stops what is shown now. */
  #stop: () => void = () => undefined

  constructor(view: FormView, url: string) {
    const [, base = '', kind = null] = KIND_PATH.exec(url) ?? []
    this.#view = view
    this.#url = url
    this.#base = base
    this.#kind = kind === null ? null : decodeURIComponent(kind)
    this.#kept = new Kept(`millrace ${location.pathname} ${view.form.id}`)
    this.#sent = new Kept(`millrace ${location.pathname} ${view.form.id} sent`)
    view.onSend((fields) => void this.#show(() => (this.#kind === null ? this.#plain(fields) : this.#send(this.#kind, fields))))
    view.onStop(() => this.#stop())
  }

  resume(): void {
    const kind = this.#kind
    if (kind === null) return
    const [sent, id] = [this.#sent.read(), this.#kept.read()]
    if (sent !== null) void this.#show(() => this.#start(kind, sent))
    else if (id !== null) void this.#show(() => this.#reopen(id))
  }

  async #show(work: () => Promise<string>): Promise<void> {
    if (this.#busy) return
    this.#setBusy(true)
    this.#view.clear()
    this.#view.status = 'Waiting for the answer…'
    try {
      this.#view.status = await work()
    } catch (error) {
      this.#view.status = wordsOf(error)
    }
    this.#setBusy(false)
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy
    this.#view.busy = busy
  }

  async #reopen(id: string): Promise<string> {
    try {
      return await this.#follow(createClient(this.#base).open(id))
    } catch (error) {
      if (!FORGOTTEN.some((code) => hasCode(error, code))) throw error
      this.#kept.forget()
      return ''
    }
  }

  #send(kind: string, fields: Record<string, string>): Promise<string> {
    // Kept before it is sent: who reloads before the answer joins what this began.
    const sent = `${newKey()}?${new URLSearchParams(fields).toString()}`
    this.#sent.write(sent)
    return this.#start(kind, sent)
  }

  async #start(kind: string, sent: string): Promise<string> {
    const stopped = new AbortController()
    // Pressed before there is a run: it may begin all the same, and is stopped then.
    this.#stop = () => stopped.abort()
    const run = await this.#join(kind, sent)
    this.#kept.write(run.id)
    this.#sent.forget()
    if (stopped.signal.aborted) await run.cancel()
    return this.#follow(run)
  }

  async #join(kind: string, sent: string): Promise<Run> {
    const [key = '', fields] = sent.split('?')
    try {
      return await createClient(this.#base).start(kind, Object.fromEntries(new URLSearchParams(fields)), { key })
    } catch (error) {
      // Refused once is refused again; what nobody answered may have begun.
      if (error instanceof MillraceError && !error.retryable && error.code !== 'incomplete') this.#sent.forget()
      throw error
    }
  }

  async #follow(run: Run): Promise<string> {
    this.#stop = () => {
      this.#view.status = 'Stopping…'
      run.cancel().catch((error: unknown) => (this.#view.status = wordsOf(error)))
    }
    const quiet = run.onConnection((status) => {
      const words = CONNECTION[status]
      if (words !== undefined) this.#view.status = words
    })
    try {
      for await (const entries of run.batches()) {
        const words = entries.map((entry) => this.#add(entry)).findLast((said) => said !== null)
        if (words) this.#view.status = words
        const last = entries.at(-1)
        if (last?.type === 'end') return endOf(last)
      }
      return LOST
    } catch (error) {
      if (!hasCode(error, 'reset')) throw error
      this.#view.clear()
      return await this.#follow(run)
    } finally {
      quiet()
    }
  }

  /** @returns the words for the status line, if the entry has any */
  #add(entry: Entry): string | null {
    switch (entry.type) {
      case 'delta':
        if (entry.kind === 'text') this.#view.append(entry.text)
        return entry.kind === 'text' ? 'Answering…' : null
      case 'source':
        this.#view.addSource(entry)
        return null
      case 'attempt':
        this.#view.clear()
        return 'Beginning anew…'
      case 'status':
        return entry.message ?? entry.status
      default:
        return null
    }
  }

  #plain(fields: Record<string, string>): Promise<string> {
    const leaving = new AbortController()
    // Without a log the work ends with its reader.
    this.#stop = () => leaving.abort()
    return readPlain(this.#url, fields, leaving.signal, (text) => this.#view.append(text))
  }
}

function endOf({ status, error }: EndEvent): string {
  if (status === 'failed') return error?.message ?? 'The run failed.'
  return status === 'cancelled' ? 'Stopped.' : 'Finished.'
}

function wordsOf(error: unknown): string {
  if (!(error instanceof MillraceError)) return LOST
  return error.code === 'incomplete' ? LOST : error.message
}
