import type { CreateRun, Lease, RunId, Store, Write } from '../store.ts'
import { batchesOf, createOptions, deltaOf, encode } from './fixtures.ts'
import { LONG, SHORT } from './harness.ts'
import type { Call, Known } from './model.ts'
import type { AppendOperation, SingleOperation, Ttl } from './operations.ts'
import { joinedWrite, packed } from './pack.ts'
import { orRefused } from './perform.ts'

const TTL: Readonly<Record<Ttl, number>> = { none: 0, short: 2 * SHORT, long: LONG }

/** Those who call the store about one run: they turn operations into calls, out of what they were given before. */
export class Callers {
  readonly run: RunId
  readonly #serial: () => number
  #created: CreateRun | null = null
  #nonce: string | null = null
  /** Newest first. */
  readonly #leases: Lease[] = []
  readonly #writes: { readonly lease: Lease; readonly write: Write }[] = []

  /** @param serial gives a new number each time, so that no two writes say the same. */
  constructor(run: RunId, serial: () => number) {
    this.run = run
    this.#serial = serial
  }

  given(lease: Lease): void {
    this.#leases.unshift(lease)
  }

  /** `null` where the operation has nothing to stand on. */
  async callOf(operation: SingleOperation, known: Known | null, store: Store): Promise<Call | null> {
    const { run } = this
    switch (operation.do) {
      case 'create': return { do: 'create', run, options: this.#options(operation) }
      case 'acquire': {
        if (!operation.again || this.#nonce === null) this.#nonce = this.#newNonce()
        return { do: 'acquire', run, nonce: this.#nonce, ttl: TTL[operation.ttl], revoke: operation.revoke }
      }
      case 'append': {
        const lease = this.#leases[operation.lease] ?? { fence: 1, nonce: this.#newNonce(), ttl: LONG }
        const write = this.#write(operation, known)
        this.#writes.unshift({ lease, write })
        return { do: 'append', run, lease, write }
      }
      case 'repeat': {
        const earlier = this.#writes[operation.write]
        return earlier ? { do: 'append', run, ...earlier } : null
      }
      case 'read': return { do: 'read', run, after: operation.after }
      case 'signal': return { do: 'signal', run, id: `signal ${String(operation.id)}` }
      case 'seal': return known?.deletedAt === Infinity ? this.#seal(operation.rows, store) : null
      case 'delete': return { do: 'delete', run }
    }
  }

  #options(operation: SingleOperation & { do: 'create' }): CreateRun {
    if (operation.again && this.#created) return this.#created
    const retention = operation.expires ? 2 * SHORT : LONG
    this.#created = createOptions(this.run, {
      policy: { retention, tombstone: retention },
      ttl: TTL[operation.ttl],
      nonce: this.#newNonce(),
      title: `Title ${String(this.#serial())}`,
    })
    return this.#created
  }

  #write(operation: AppendOperation, known: Known | null): Write {
    const { then } = operation
    const lines = Array.from({ length: operation.entries }, () => deltaOf(`é🌧 ${String(this.#serial())} `))
    if (then === 'end') lines.push(JSON.stringify({ type: 'end', status: 'completed', n: this.#serial() }))
    const write: Write = {
      after: Math.max(0, (known?.log.length ?? 1) + operation.from),
      bytes: encode(lines.join('\n')),
      count: lines.length,
      consumed: Math.min(operation.consumed, known?.signals.length ?? 0),
      ...(operation.checkpoint ? { checkpoint: String(this.#serial()) } : {}),
      ...(then === 'end' ? { end: 'completed' } : {}),
      ...(then === 'queued' || then === 'waiting' ? { release: then } : {}),
    }
    return operation.joined && lines.length > 0 ? joinedWrite(write) : write
  }

  /** Packs the first rows of what the store shows, one segment for each epoch; `null` where the run has just gone by the clock. */
  async #seal(count: number, store: Store): Promise<Call | null> {
    const shown = await orRefused(() => batchesOf(store, this.run))
    if ('refused' in shown) return null
    const rows = shown.slice(0, count)
    const epochs = [...new Set(rows.map((row) => row.epoch))]
    const segments = epochs.map((epoch) => packed(rows.filter((row) => row.epoch === epoch)))
    return { do: 'seal', run: this.run, seal: { segments, snapshot: JSON.stringify({ upTo: rows.at(-1)?.last }) } }
  }

  #newNonce(): string {
    return this.#serial().toString(16).padStart(8, '0').repeat(4)
  }
}
