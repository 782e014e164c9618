import type { AnyRunDefinition } from './define.ts'

/** How many runs of each kind this process works on, and how many it may. */
export class Capacity {
  readonly #runs: Readonly<Record<string, AnyRunDefinition>>
  readonly #onRoom: (kind: string) => void
  readonly #rooms = new Map<string, Room>()

  /** @param onRoom a place was lent out that nobody in this process takes */
  constructor(runs: Readonly<Record<string, AnyRunDefinition>>, onRoom: (kind: string) => void) {
    this.#runs = runs
    this.#onRoom = onRoom
  }

  /** `null` where there is no room. */
  enter(kind: string): Place | null {
    const room = this.#roomOf(kind)
    return room.take() ? new Place(room, () => room.take()) : null
  }

  enterAnyway(kind: string): Place {
    const room = this.#roomOf(kind)
    room.takeAnyway()
    return new Place(room, () => room.takeAnyway())
  }

  /** For how many ends those that have begun here wait. */
  lent(kind: string): number {
    return this.#roomOf(kind).lent
  }

  #roomOf(kind: string): Room {
    const room = this.#rooms.get(kind) ?? new Room(this.#limit(kind), () => this.#onRoom(kind))
    this.#rooms.set(kind, room)
    return room
  }

  #limit(kind: string): number {
    const definition = Object.hasOwn(this.#runs, kind) ? this.#runs[kind] : undefined
    return definition?.run === 'elsewhere' ? 0 : (definition?.concurrency ?? Infinity)
  }
}

class Room {
  /** For how many ends runs of this kind wait at present, without their places. */
  lent = 0
  readonly onRoom: () => void
  readonly #limit: number
  readonly #returning = new Set<() => void>()
  #taken = 0

  constructor(limit: number, onRoom: () => void) {
    this.#limit = limit
    this.onRoom = onRoom
  }

  take(): boolean {
    return this.#taken < this.#limit && this.takeAnyway()
  }

  takeAnyway(): true {
    this.#taken += 1
    return true
  }

  /** @returns whether somebody elsewhere may have waited for it */
  give(): boolean {
    this.#taken -= 1
    const [first] = this.#returning
    if (first && this.take()) {
      // Their runs have begun: they come before those that have not.
      this.#returning.delete(first)
      first()
      return false
    }
    return this.#limit !== Infinity && this.#taken < this.#limit
  }

  /** Resolves when a place was taken for whoever comes back to his work; rejects when `signal` aborts before that. */
  back(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const come = (): void => {
        signal.removeEventListener('abort', callOff)
        resolve()
      }
      const callOff = (): void => {
        this.#returning.delete(come)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', callOff)
      this.#returning.add(come)
    })
  }
}

/** A place at work on one run. */
export class Place {
  readonly #room: Room
  readonly #take: () => boolean
  /** For how much its run waits at present: while that is something, somebody else has the place. */
  #waits = 0
  #held = true
  #left = false
  #coming: Promise<void> | null = null

  constructor(room: Room, take: () => boolean) {
    this.#room = room
    this.#take = take
  }

  /** Gives it back, and says whether somebody may have waited for it. */
  leave(): boolean {
    this.#left = true
    return this.#give()
  }

  /**
   * Lends the place out while its run waits for another run's end, which may need that very place: of a process with one
   * place, a question that waits for the answer before it would keep that answer from being taken over.
   */
  async lend<T>(wait: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#waits += 1
    this.#room.lent += 1
    if (this.#give()) this.#room.onRoom()
    try {
      return await wait()
    } finally {
      this.#waits -= 1
      this.#room.lent -= 1
      if (!this.#held && !this.#left && this.#waits === 0) await (this.#coming ??= this.#back(signal).finally(() => (this.#coming = null)))
    }
  }

  #give(): boolean {
    if (!this.#held) return false
    this.#held = false
    return this.#room.give()
  }

  async #back(signal: AbortSignal): Promise<void> {
    if (!this.#take()) await this.#room.back(signal)
    this.#held = true
    if (this.#left || this.#waits > 0) this.#give()
  }
}
