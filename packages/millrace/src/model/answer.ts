import { PublicError } from '../event/error.ts'
import type { Usage } from '../event/run-event.ts'
import type { Outline } from '../event/outline.ts'
import type { Resumed, RunContext } from '../run/define.ts'
import type { Said } from '../run/said.ts'
import type { Model, ModelMessage, ModelRequest } from './model.ts'

/** What a handler knows of its run, but for its signals: no model takes any. */
export type AnswerContext<Input> = Omit<RunContext<Input>, 'ask' | 'signals'> & {
  /** What is said of the answer already, where that is more than its log says: it goes on with another one. */
  readonly prefix?: string
}
/** Makes of a run's input what the model is asked. */
export type Question<Input, Context = AnswerContext<Input>> = (context: Context) => readonly ModelMessage[] | Promise<readonly ModelMessage[]>
/** What is the same for every question. */
export type AnswerSettings = Omit<ModelRequest, 'messages' | 'prefix' | 'signal'>
/** For `run` of `defineRun`, and of what knows more of its runs: `defineTurn`. */
export type AnswerHandler<Input, Context = AnswerContext<Input>> = (context: Context) => AsyncGenerator<Said, void, undefined>

/**
 * A run's handler that says what the model says. After a takeover under `recover: 'resume'` the model goes on
 * after what was said, which takes one that `continues`; with any other the kind is to `restart` or `fail`.
 */
export function answerWith<Input, Context extends AnswerContext<Input> = AnswerContext<Input>>(
  model: Model, question: Question<Input, Context>, settings: AnswerSettings = {},
): AnswerHandler<Input, Context> {
  return async function* answer(context) {
    const { resumed, signal } = context
    if (resumed !== null) yield* closing(resumed.outline)
    if (resumed?.outline.counts.has('tool_call')) {
      // What a model called for cannot be taken back: whoever runs the tools asks on with what there is.
      yield { type: 'finish', reason: 'tool_calls' }
      return
    }
    const messages = await askedBy(question, context)
    const prefix = context.prefix ?? (await resumed?.text()) ?? ''
    yield* withUsage(model.stream({ ...settings, messages, signal, ...(prefix === '' ? {} : { prefix }) }), usageBefore(resumed))
  }
}

/**
 * What the model is asked. An input that nobody checked may hold anything, and parts of a message that a client made up
 * (an image for the vendor to fetch) are not to be passed on.
 * @throws PublicError where a text is none
 */
export async function askedBy<Context>(question: Question<never, Context>, context: Context): Promise<readonly ModelMessage[]> {
  const messages = await question(context)
  const texts: readonly unknown[] = messages.map(({ text }) => text)
  if (texts.some((text) => typeof text !== 'string')) throw new PublicError('invalid_input', 'The question has no text.')
  return messages
}

/** Ends the block in which a predecessor was cut off, unless it is text: that goes on. */
function* closing({ open }: Pick<Outline, 'open'>): Generator<Said, void, undefined> {
  const [block] = open
  if (block === undefined || block.kind === 'text') return
  yield { type: 'block_end' }
  if (block.kind !== 'tool_call' || block.id === undefined) return
  yield { type: 'block_start', kind: 'tool_result', id: block.id, failed: true }
  yield { type: 'delta', kind: 'tool_result', text: 'The call was cut off before it was complete.' }
  yield { type: 'block_end' }
}

export function usageBefore(resumed: Resumed | null): Usage {
  return resumed?.outline.usage ?? {}
}

/** Counts on from what was used before: a run's usage is that of all its questions. */
export async function* withUsage(said: AsyncIterable<Said>, before: Usage): AsyncGenerator<Said, void, undefined> {
  for await (const one of said) yield isUsage(one) ? { type: 'usage', usage: sum(before, one.usage) } : one
}

export function isUsage(said: Said): said is { readonly type: 'usage'; readonly usage: Usage } {
  return typeof said === 'object' && 'type' in said && said.type === 'usage'
}

function sum(before: Usage, now: Usage): Usage {
  const all = new Set([...Object.keys(before), ...Object.keys(now)])
  return Object.fromEntries([...all].map((counter) => [counter, (before[counter] ?? 0) + (now[counter] ?? 0)]))
}
