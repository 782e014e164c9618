import { MillraceError, PublicError } from '../event/error.ts'
import type { Outline } from '../event/outline.ts'
import type { Entry, Json, ProgressFeed } from '../event/run-event.ts'
import type { RunId } from '../store/store.ts'
import type { RunSignal, Signals } from './inbox.ts'
import type { EndedRun, Outcome } from './outcome.ts'
import type { Question } from './questions.ts'
import type { Said } from './said.ts'

/**
 * The part of the Standard Schema (standardschema.dev) that is used here: zod, valibot, arktype, …
 * A schema may take one type and give another (a default, a transform).
 */
export interface StandardSchema<Output = unknown, Input = unknown> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Checks what a client sent: a Standard Schema, or a function that returns the value or throws `PublicError`. */
export type Check<Output, Sent = Output> = StandardSchema<Output, Sent> | ((value: unknown) => Output)
/** The signals a kind takes, by type, and the check of what each brings. */
export type SignalChecks = Readonly<Record<string, StandardSchema | ((value: unknown) => unknown)>>
/** The signals that `Checks` let through. */
export type SignalOf<Checks extends SignalChecks> = {
  readonly [Type in keyof Checks & string]: RunSignal & { readonly type: Type; readonly data: Checked<Checks[Type]> }
}[keyof Checks & string]
type Checked<C> = C extends StandardSchema<infer Output, infer _Sent> ? Output : C extends (value: unknown) => infer Output ? Output : never

/** What a predecessor left behind, for a handler that goes on after it (policy `resume`, or the run waited). */
export interface Resumed {
  /** The newest state it saved, and the offset that covers. `null` where it saved none. */
  readonly checkpoint: { readonly data: Json; readonly offset: number } | null
  readonly outline: Readonly<Outline>
  /** The text of the `text` blocks so far. */
  text(): Promise<string>
  /** The entries after the checkpoint (all of them where there is none). */
  entries(): AsyncIterable<Entry>
}

/** @typeParam Sent the signals it takes */
export interface RunContext<Input, Sent extends RunSignal = never> {
  readonly run: RunId
  readonly input: Input
  /** Aborted by cancel, by a lost lease and at shutdown. A handler that ignores it is cut off after a grace time. */
  readonly signal: AbortSignal
  /** From 1; above 1 after a takeover, and after the run waited. */
  readonly attempt: number
  /** Set after a takeover under policy `resume`, and under every policy after the run waited for a signal. */
  readonly resumed: Resumed | null
  /** What is sent to the run while it works: input, approvals, whatever {@link RunDefinition.signals} names. */
  readonly signals: Signals<Sent>
  /**
   * Asks somebody, and waits for the answer as {@link Signals.next} does: a signal whose id is the question's, the first
   * that comes. Whoever works on after a crash, under every policy, asks the same with the same id: what was asked is not
   * said again, and what was answered is given at once.
   *
   * @throws MillraceError `invalid_input` where the kind no longer takes what was answered
   */
  ask<Type extends Sent['type']>(this: void, question: Question<Type>): Promise<Extract<Sent, { readonly type: Type }>['data']>
  /**
   * What another run of the same principal came to, once it has its end: an earlier answer of a conversation, say.
   *
   * @throws MillraceError `not_found`, `gone`, `too_large`
   */
  outcome(this: void, run: RunId): Promise<Outcome>
  /** Saves state in the same write as everything yielded so far (P8). Any JSON. */
  readonly checkpoint: (state: Json) => void
}

export type Recovery = 'fail' | 'restart' | 'resume'

/** @typeParam Sent what a client sends, where the check makes something else of it */
export interface RunDefinition<Input, Result, Sent = Input, Checks extends SignalChecks = never> {
  readonly input?: Check<Input, Sent>
  /** What may be sent to the run while it works, by type, beside `cancel`. A signal that is not named here is refused. */
  readonly signals?: Checks
  /** A short label for lists. */
  readonly title?: (input: Input) => string
  /** The item of progress that a run of this kind is, where it is one; a start in this process may say so itself. */
  readonly progress?: (input: Input) => ProgressFeed | null
  /** What happens when the producer dies: `fail` (default) ends the run; `restart` begins anew; `resume` goes on. */
  readonly recover?: Recovery
  /** After so many lost producers the run fails instead of being taken over again; hand-overs do not count. Default 5. */
  readonly attempts?: number
  /**
   * For work that is worth nothing unread: cancelled when nobody anywhere has followed it for so many
   * ms, from its start on. Who left, and who takes nothing more, does not follow it.
   */
  readonly cancelWhenUnread?: number
  /**
   * How long a run may take, in ms, from its start to its end: whoever works on it and whatever it waits for. Then
   * it fails with the code `timeout`, also where the handler ignores its signal. Default: as long as it likes.
   */
  readonly timeLimit?: number
  /** How long an ended run of this kind stays readable, in ms, counted from its end. Default: the server's `retention`. */
  readonly retention?: number
  /**
   * `false`: never compressed, also where the server compresses. For answers that put a secret beside what
   * somebody else may choose: the packed size would tell one by the other (BREACH). Default true.
   */
  readonly compress?: boolean
  /**
   * For whoever keeps answers elsewhere: called at least once when a run has its end, whichever that is and whoever was
   * killed in between. Where it fails it is called again, with growing pauses, until it succeeds or the run's data has
   * expired or was deleted; by another process, too, and then perhaps at the same time. So it is to make nothing of the
   * same `run` twice. A kind that has it is packed to its end only after.
   */
  readonly onEnd?: (this: void, ended: EndedRun<Sent>) => void | Promise<void>
  /** The work. What it yields is streamed; what it returns is `end.result`. */
  readonly run: (context: RunContext<Input, SignalOf<Checks>>) => AsyncGenerator<Said, Result, undefined> | AsyncIterable<Said> | Promise<Result>
}

/** A definition of some kind, as the run layer holds it: what it takes is known to its own check alone. */
export interface AnyRunDefinition {
  readonly input?: StandardSchema | ((value: unknown) => unknown)
  readonly signals?: SignalChecks
  readonly title?: (input: never) => string
  readonly progress?: (input: never) => ProgressFeed | null
  readonly recover?: Recovery
  readonly attempts?: number
  readonly cancelWhenUnread?: number
  readonly timeLimit?: number
  readonly retention?: number
  readonly compress?: boolean
  readonly onEnd?: (this: void, ended: EndedRun<never>) => void | Promise<void>
  readonly run: (context: RunContext<never>) => AsyncIterable<Said> | Promise<unknown>
}

/** Defines a kind of run: its input, handler and policies. Only infers types. */
export function defineRun<Input = Json, Result = unknown, Sent = Input, Checks extends SignalChecks = never>(
  definition: RunDefinition<Input, Result, Sent, Checks>,
): RunDefinition<Input, Result, Sent, Checks> {
  return definition
}

/** @throws MillraceError `invalid_input`, naming what was wrong and where */
export async function checkInput({ input }: Pick<AnyRunDefinition, 'input'>, value: Json): Promise<unknown> {
  return input === undefined ? value : checked(input, value)
}

export function takesSignal({ signals = {} }: Pick<AnyRunDefinition, 'signals'>, type: string): boolean {
  return Object.hasOwn(signals, type)
}

/** @throws MillraceError `invalid_input` also where the kind takes no signal of this type */
export async function checkSignal({ signals = {} }: AnyRunDefinition, type: string, data: Json): Promise<unknown> {
  const check = takesSignal({ signals }, type) ? signals[type] : undefined
  if (check) return checked(check, data)
  const known = ['cancel', ...Object.keys(signals)].join(', ')
  throw new MillraceError('invalid_input', `A run of this kind takes no such signal. It takes: ${known}.`)
}

async function checked(check: Check<unknown>, value: Json): Promise<unknown> {
  if (typeof check === 'function') return callCheck(check, value)
  const result = await check['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new MillraceError('invalid_input', result.issues.map(describeIssue).join('; '))
}

function callCheck(check: (value: unknown) => unknown, value: Json): unknown {
  try {
    return check(value)
  } catch (cause) {
    const message = cause instanceof PublicError ? cause.message : 'What was sent was not accepted.'
    throw new MillraceError('invalid_input', message, { cause })
  }
}

function describeIssue({ message, path }: SchemaIssue): string {
  const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}
