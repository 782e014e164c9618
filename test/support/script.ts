import { defineRun, type RunDefinition } from '../../packages/millrace/src/index.ts'
import type { Said } from '../../packages/millrace/src/index.ts'

type Step = { readonly said: Said } | { readonly error: Error } | { readonly result: unknown }

/** A kind of run whose handler says what the test tells it, when the test tells it. */
export class Script {
  readonly kind: RunDefinition<unknown, unknown>
  /** How often the handler was started. */
  starts = 0
  #steps: Step[] = []
  readonly #waiting = new Set<() => void>()

  constructor() {
    this.kind = defineRun<unknown>({ run: ({ signal }) => this.run(signal) })
  }

  say(...said: readonly Said[]): void {
    this.#add(...said.map((one) => ({ said: one })))
  }

  end(result: unknown = null): void {
    this.#add({ result })
  }

  fail(error: Error): void {
    this.#add({ error })
  }

  /** What the runs that start from now on say, and that they end. */
  replace(...said: readonly Said[]): void {
    this.#steps = []
    this.say(...said)
    this.end()
  }

  #add(...steps: readonly Step[]): void {
    this.#steps.push(...steps)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** What the handler of another kind may be. */
  async *run(signal: AbortSignal): AsyncGenerator<Said, unknown, undefined> {
    this.starts += 1
    signal.addEventListener('abort', () => this.#wake())
    for (let at = 0; !signal.aborted; ) {
      const step = this.#steps[at]
      if (!step) await new Promise<void>((resolve) => this.#waiting.add(resolve))
      else {
        at += 1
        if ('error' in step) throw step.error
        if ('result' in step) return step.result
        yield step.said
      }
    }
    return undefined
  }
}
