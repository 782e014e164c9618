import { createOutline } from '../../packages/millrace/src/event/outline.ts'
import type { EndEvent } from '../../packages/millrace/src/event/run-event.ts'
import { Composer } from '../../packages/millrace/src/run/composer.ts'
import { randomNonce, randomRunId } from '../../packages/millrace/src/run/ids.ts'
import type { Said } from '../../packages/millrace/src/run/said.ts'
import { sealRun } from '../../packages/millrace/src/run/sealer.ts'
import { batchOf } from '../../packages/millrace/src/store/batch-of.ts'
import type { Lease, RunId, Store, Write } from '../../packages/millrace/src/store/store.ts'
import { joinedRow } from './run/logs.ts'
import { flushed, spoken } from './run/spoken.ts'

const WEEK = 7 * 24 * 60 * 60 * 1000
const encoder = new TextEncoder()

/** A run whose producer is the test itself: it says exactly when something lands, and under which lease. */
export class Log {
  readonly run: RunId
  readonly #store: Store
  readonly #composer = new Composer(createOutline())
  #lease: Lease
  #tail = 1

  private constructor(store: Store, run: RunId, lease: Lease) {
    this.#store = store
    this.run = run
    this.#lease = lease
  }

  static async begin(store: Store, principal = 'ada'): Promise<Log> {
    const run = randomRunId()
    const { lease } = await store.create(run, {
      kind: 'answer', principal, title: '', input: 'null', digest: '', policy: { retention: WEEK, tombstone: WEEK },
      start: encoder.encode(JSON.stringify({ type: 'start', run, kind: 'answer' })), nonce: randomNonce(), ttl: WEEK,
    })
    return new Log(store, run, lease!)
  }

  get tail(): number {
    return this.#tail
  }

  /** One write of all that is said. */
  async say(...said: readonly Said[]): Promise<void> {
    await this.#append(said.flatMap((one) => spoken(this.#composer, one)))
  }

  /** The same with adjacent deltas as one line, as of what is said faster than it is written. */
  async sayAtOnce(...said: readonly Said[]): Promise<void> {
    const write = this.#writeOf(said.flatMap((one) => spoken(this.#composer, one)))
    const { bytes, parts } = joinedRow(batchOf(this.#lease.nonce, write))
    await this.#commit({ ...write, bytes, parts })
  }

  /** From here on under a new lease: the one before is fenced. */
  async takeOver(): Promise<void> {
    const acquired = await this.#store.acquire(this.run, randomNonce(), WEEK, { revoke: true })
    this.#lease = acquired!.lease
  }

  async beginAnew(attempt: number): Promise<void> {
    await this.#append([...flushed(this.#composer), this.#composer.attempt(attempt)])
  }

  async end(end: Omit<EndEvent, 'type'> = { status: 'completed' }): Promise<void> {
    await this.#append([...flushed(this.#composer), this.#composer.end(end)], end.status)
  }

  seal(): Promise<void> {
    return sealRun(this.#store, this.run)
  }

  async #append(lines: readonly string[], end?: EndEvent['status']): Promise<void> {
    await this.#commit({ ...this.#writeOf(lines), ...(end === undefined ? {} : { end }) })
  }

  #writeOf(lines: readonly string[]): Write {
    return { after: this.#tail, bytes: encoder.encode(lines.join('\n')), count: lines.length }
  }

  async #commit(write: Write): Promise<void> {
    this.#tail = (await this.#store.append(this.run, this.#lease, write)).tail
  }
}

/** Every event type, several blocks of each kind, text that is hard to frame; in writes of several entries. */
export const everything: readonly (readonly Said[])[] = [
  [{ type: 'status', status: 'searching', message: 'a\nb' }, { type: 'progress', item: 'docs', status: 'running', done: 1, total: 3 }],
  [{ type: 'delta', kind: 'reasoning', text: 'Let me ' }, { type: 'delta', kind: 'reasoning', text: 'think.' }],
  ['Hel', 'lo ', '\u2028\u2029\0\r\n', 'data: x\n\nid: 9\n\n'],
  [{ type: 'source', title: 'A doc', url: '/a', relevance: 0.5, excerpt: 'so it\nis' }, 'wörld ', '🌍', '{"type":"end"}'],
  [{ type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'search' }, { type: 'delta', text: '{"q":' }, { type: 'delta', text: '"x"}' }],
  [{ type: 'block_start', kind: 'tool_result' }, { type: 'delta', text: 'found' }, { type: 'delta', text: ' it' }],
  [{ type: 'file', name: 'a.txt', url: '/f/a.txt', mediaType: 'text/plain' }, { type: 'bytes', base64: 'AAEC' }],
  [{ type: 'error', error: { code: 'slow', message: 'one part was slow' } }, { type: 'mine', event: 'x', id: '7', data: [1, { deep: null }] }],
  ['and ', 'now ', 'the ', 'rest', ' of ', 'it'],
  [{ type: 'usage', usage: { input: 12, output: 34 } }, { type: 'block_start', kind: 'text' }, 'last ', 'words'],
]
