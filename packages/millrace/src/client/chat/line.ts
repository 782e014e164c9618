import type { Host } from '../host.ts'

/** For how long, in ms, no stream is tried where none came through; each time twice as long. */
const DETOUR = 30_000
const DETOUR_CAP = 600_000

/** What a client has found out about the way to its server: whether streams come through, and requests that wait. */
export class Line {
  readonly host: Host
  /** Silence of an opened stream, in ms, after which something must be swallowing it. */
  readonly patience: number
  /** Long polls in a row that nothing came of. */
  missed = 0
  #until = -Infinity
  #detour = DETOUR

  constructor(host: Host, patience: number) {
    this.host = host
    this.patience = patience
  }

  get streams(): boolean {
    return this.host.now() >= this.#until
  }

  /** No stream comes through. */
  close(): void {
    this.#until = this.host.now() + this.#detour
    this.#detour = Math.min(2 * this.#detour, DETOUR_CAP)
  }

  /** Nothing came through at all, so that said nothing about streams. */
  open(): void {
    this.#until = -Infinity
    this.#detour = DETOUR
  }
}
