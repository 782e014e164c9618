import { MillraceError, PublicError } from '../event/error.ts'
import type { Outline } from '../event/outline.ts'
import type { Entry, Json } from '../event/run-event.ts'
import type { RunId } from '../store/store.ts'
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

/** What a predecessor left behind, for a handler that goes on after it (policy `resume`). */
export interface Resumed {
  /** The newest state it saved, and the offset that covers. `null` where it saved none. */
  readonly checkpoint: { readonly data: Json; readonly offset: number } | null
  readonly outline: Readonly<Outline>
  /** The text of the `text` blocks so far. */
  text(): Promise<string>
  /** The entries after the checkpoint (all of them where there is none). */
  entries(): AsyncIterable<Entry>
}

export interface RunContext<Input> {
  readonly run: RunId
  readonly input: Input
  /** Aborted by cancel, by a lost lease and at shutdown. A handler that ignores it is cut off after a grace time. */
  readonly signal: AbortSignal
  /** From 1; above 1 after a takeover. */
  readonly attempt: number
  /** Set only under policy `resume`, after a takeover. */
  readonly resumed: Resumed | null
  /** Saves state in the same write as everything yielded so far (P8). Any JSON. */
  readonly checkpoint: (state: Json) => void
}

export type Recovery = 'fail' | 'restart' | 'resume'

/** @typeParam Sent what a client sends, where the check makes something else of it */
export interface RunDefinition<Input, Result, Sent = Input> {
  /** Checks what a client sent: a Standard Schema, or a function that returns the input or throws `PublicError`. */
  readonly input?: StandardSchema<Input, Sent> | ((value: unknown) => Input)
  /** A short label for lists. */
  readonly title?: (input: Input) => string
  /** What happens when the producer dies: `fail` (default) ends the run; `restart` begins anew; `resume` goes on. */
  readonly recover?: Recovery
  /** After so many lost producers the run fails instead of being taken over again; hand-overs do not count. Default 5. */
  readonly attempts?: number
  /**
   * `false`: never compressed, also where the server compresses. For answers that put a secret beside what
   * somebody else may choose: the packed size would tell one by the other (BREACH). Default true.
   */
  readonly compress?: boolean
  /** The work. What it yields is streamed; what it returns is `end.result`. */
  readonly run: (context: RunContext<Input>) => AsyncGenerator<Said, Result, undefined> | AsyncIterable<Said> | Promise<Result>
}

/** A definition of some kind, as the run layer holds it: what it takes is known to its own check alone. */
export interface AnyRunDefinition {
  readonly input?: StandardSchema | ((value: unknown) => unknown)
  readonly title?: (input: never) => string
  readonly recover?: Recovery
  readonly attempts?: number
  readonly compress?: boolean
  readonly run: (context: RunContext<never>) => AsyncIterable<Said> | Promise<unknown>
}

/** Defines a kind of run: its input, handler and policies. Only infers types. */
export function defineRun<Input = Json, Result = unknown, Sent = Input>(
  definition: RunDefinition<Input, Result, Sent>,
): RunDefinition<Input, Result, Sent> {
  return definition
}

/** @throws MillraceError `invalid_input`, naming what was wrong and where */
export async function checkInput(definition: AnyRunDefinition, value: Json): Promise<unknown> {
  const { input } = definition
  if (input === undefined) return value
  if (typeof input === 'function') return callCheck(input, value)
  const result = await input['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new MillraceError('invalid_input', result.issues.map(describeIssue).join('; '))
}

function callCheck(check: (value: unknown) => unknown, value: Json): unknown {
  try {
    return check(value)
  } catch (cause) {
    const message = cause instanceof PublicError ? cause.message : 'The input was not accepted.'
    throw new MillraceError('invalid_input', message, { cause })
  }
}

function describeIssue({ message, path }: SchemaIssue): string {
  const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}
