import type { Lease, Store } from '../store.ts'
import { Callers } from './callers.ts'
import { show } from './check.ts'
import { explain, possible } from './explain.ts'
import type { Answered } from './explain.ts'
import { idPart } from './fixtures.ts'
import { SHORT } from './harness.ts'
import type { Bench, StoreHarness } from './harness.ts'
import { knownAt, viewOf } from './model.ts'
import type { Call, World } from './model.ts'
import type { Operation, SingleOperation } from './operations.ts'
import { look, perform } from './perform.ts'

interface Asked {
  /** The operation behind the call. */
  readonly what: string
  readonly by: Callers
  readonly call: Call
  readonly store: Store
}

/**
 * Plays operations on a store and on the model, and fails where no world of the model explains
 * what the store answered, or what it shows afterwards.
 */
export class History {
  readonly #bench: Bench
  readonly #clock: StoreHarness['clock']
  readonly #seen: (what: string) => void
  readonly #callers: readonly [Callers, Callers]
  #handles: readonly [Store, Store]
  #worlds: readonly World[] = [{ now: 0, runs: new Map() }]

  private constructor(bench: Bench, other: Store, clock: StoreHarness['clock'], seen: (what: string) => void) {
    this.#bench = bench
    this.#handles = [bench.store, other]
    this.#clock = clock
    this.#seen = seen
    let serial = 0
    const next = (): number => ++serial
    this.#callers = [new Callers(idPart(), next), new Callers(`${idPart()}.${idPart()}`, next)]
  }

  /** @param seen told of every answer, to know that a test did something. */
  static async play(harness: StoreHarness, operations: readonly Operation[], seen: (what: string) => void): Promise<void> {
    const bench = await harness.open()
    try {
      const history = new History(bench, await bench.second(), harness.clock, seen)
      for (const operation of operations) {
        await history.#play(operation)
        await history.#compare()
      }
    } finally {
      await bench.close()
    }
  }

  async #play(operation: Operation): Promise<void> {
    switch (operation.do) {
      case 'wait': return this.#wait(operation.shorts * SHORT)
      case 'crash': return this.#crash()
      case 'race': return this.#make(operation.ops.map((op, i) => ({ ...op, run: operation.run, via: op.via + i })))
      default: return this.#make([operation])
    }
  }

  async #wait(ms: number): Promise<void> {
    await this.#bench.advance(ms)
    this.#worlds = this.#worlds.map((world) => ({ ...world, now: world.now + ms }))
  }

  async #crash(): Promise<void> {
    const store = await this.#bench.restart()
    if (store) this.#handles = [store, await this.#bench.second()]
  }

  async #make(operations: readonly SingleOperation[]): Promise<void> {
    const asked: Asked[] = []
    for (const operation of operations) {
      const by = this.#callers[operation.run === 0 ? 0 : 1]
      const store = this.#handles[operation.via % 2 === 0 ? 0 : 1]
      const [world] = this.#worlds
      const known = world ? knownAt(world, by.run, (time) => world.now >= time) : null
      const call = await by.callOf(operation, known, store)
      if (call) asked.push({ what: operation.do, by, call, store })
    }
    const answered = await Promise.all(asked.map(async (each) => ({ ...each, answer: await perform(each.store, each.call) })))
    this.#worlds = explain(this.#worlds, answered, this.#clock)
    if (this.#worlds.length === 0) {
      throw new Error(`No order of these calls explains these answers:\n${answered.map(tell).join('\n')}`)
    }
    for (const each of answered) this.#learn(each)
  }

  #learn({ what, by, answer }: Asked & Answered): void {
    const { lease, refused } = { ...(answer as { lease?: Lease; refused?: string } | null) }
    if (lease) by.given(lease)
    this.#seen(`${what} ${refused ?? (answer === null ? 'null' : 'ok')}`)
  }

  /** Both handles must show what some world holds; the others are ruled out. */
  async #compare(): Promise<void> {
    for (const { run } of this.#callers) {
      for (const store of new Set(this.#handles)) {
        const shown = show(await look(store, run))
        const views = this.#worlds.map((world) => possible(world, this.#clock, (passed) => show(viewOf(world, run, passed))))
        this.#worlds = this.#worlds.filter((_, i) => views[i]?.includes(shown))
        if (this.#worlds.length === 0) {
          throw new Error(`The store shows what it cannot hold.\n  expected: ${views.flat().join('\n  or:       ')}\n  shown:    ${shown}`)
        }
      }
    }
  }
}

function tell({ call, answer }: Answered): string {
  return `  ${show(call)}\n    → ${show(answer)}`
}
