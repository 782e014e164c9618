import type { Host } from '../host.ts'

/** For how long no stream is tried where none came through. */
const DETOUR = 300_000

/** What a client has found out about the way to its server: whether streams come through, and requests that wait. */
export class Line {
  readonly host: Host
  /** Silence of an opened stream, in ms, after which something must be swallowing it. */
  readonly patience: number
  #detourUntil = -Infinity
  /** Long polls in a row that nothing came of. */
  missed = 0

  constructor(host: Host, patience: number) {
    this.host = host
    this.patience = patience
  }

  get streams(): boolean {
    return this.host.now() >= this.#detourUntil
  }

  /** No stream comes through. */
  close(): void {
    this.#detourUntil = this.host.now() + DETOUR
    this.missed = 0
  }
}
