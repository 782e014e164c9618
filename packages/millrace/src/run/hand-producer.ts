import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import type { AnyRunDefinition, RunContext, WorkableDefinition } from './define.ts'
import type { Said } from './said.ts'

/**
 * A run's producer in the hands of a program that is no handler: a job of a queue, a step of a workflow. It holds the
 * lease, which is renewed by itself, and sees what a handler sees.
 */
export interface HandProducer<Input = unknown> extends Omit<RunContext<Input>, 'checkpoint'> {
  /**
   * Says something, as a handler's `yield` does. Resolves when there is room for more.
   * @throws MillraceError `fenced` where the run is no longer this producer's: it was taken over, cancelled or ended
   */
  append(this: void, said: Said): Promise<void>
  /** Saves state in the same write as everything said so far (P8). Any JSON. @throws MillraceError as `append` */
  checkpoint(this: void, state: Json): Promise<void>
  /** Ends the run as completed. Resolves when it has its end. @throws MillraceError as `append` */
  finish(this: void, result?: Json): Promise<void>
  /** Ends the run as failed: of a `PublicError` readers are told code and message, of any other nothing. */
  fail(this: void, error: unknown): Promise<void>
  /** Gives the run back, for whoever produces it next. */
  release(this: void): Promise<void>
}

/** What is done with the context of a run, in order. */
interface Step {
  readonly said?: Said
  readonly act?: (context: RunContext<never>) => void
  readonly done: () => void
  readonly refused: (error: unknown) => void
}

type Result = { readonly value: unknown } | { readonly error: unknown }

/** A handler that is told from outside what to say. */
export class HandedWork {
  readonly #steps: Step[] = []
  readonly #began: Promise<RunContext<never>>
  #begin: (context: RunContext<never>) => void = () => undefined
  #wake: () => void = () => undefined
  #over = false
  #result: Result | null = null

  constructor() {
    this.#began = new Promise((resolve) => (this.#begin = resolve))
  }

  /** Runs this in the place of what `definition` would. */
  instead(definition: AnyRunDefinition): WorkableDefinition {
    return { ...definition, run: (context: RunContext<never>) => this.#run(context) }
  }

  /**
   * @param done resolves when this process has nothing more to do with the run
   * @throws MillraceError `ended` where there is nothing to produce: it was lost once too often, or cancelled
   */
  async producer<Input>(done: Promise<void>, release: () => Promise<void>): Promise<HandProducer<Input>> {
    void done.then(() => this.#refuseRest())
    const context = await Promise.race([this.#began, done])
    if (!context) throw new MillraceError('ended', 'There is nothing to say in this run any more.')
    const end = async (result: Result): Promise<void> => {
      await this.#do({ act: () => { this.#result = result } })
      await done
    }
    return {
      ...(context as RunContext<Input>),
      append: (said) => this.#do({ said }),
      checkpoint: (state) => this.#do({ act: ({ checkpoint }) => { checkpoint(state) } }),
      finish: (value) => end({ value }),
      fail: (error) => end({ error }),
      release,
    }
  }

  async *#run(context: RunContext<never>): AsyncGenerator<Said, unknown, undefined> {
    this.#begin(context)
    while (!this.#over) {
      const step = this.#steps.shift()
      if (step) yield* this.#take(step, context)
      else await new Promise<void>((resolve) => (this.#wake = resolve))
      if (this.#result) return this.#settled(this.#result)
    }
    return undefined
  }

  async *#take({ said, act, done, refused }: Step, context: RunContext<never>): AsyncGenerator<Said, void, undefined> {
    let refusal: unknown = lost()
    try {
      // Where it does not come back, the run was lost before it was said.
      if (said !== undefined) yield said
      refusal = null
      act?.(context)
    } catch (error) {
      refusal = error
    } finally {
      if (refusal === null) done()
      else refused(refusal)
    }
  }

  #settled(result: Result): unknown {
    if ('value' in result) return result.value
    throw result.error
  }

  #do(step: Pick<Step, 'said' | 'act'>): Promise<void> {
    if (this.#over) return Promise.reject(lost())
    return new Promise((done, refused) => {
      this.#steps.push({ ...step, done, refused })
      this.#wake()
    })
  }

  #refuseRest(): void {
    this.#over = true
    this.#wake()
    for (const { refused } of this.#steps.splice(0)) refused(lost())
  }
}

function lost(): MillraceError {
  return new MillraceError('fenced', 'This run is no longer this producer’s.')
}
