import { PublicError } from '../event/error.ts'
import type { Json, Usage } from '../event/run-event.ts'
import type { Said } from '../run/said.ts'
import { askedBy, isUsage, usageBefore, withUsage, type AnswerContext, type AnswerHandler, type AnswerSettings, type Question } from './answer.ts'
import { modelLimit } from './failure.ts'
import type { Model, ModelTool } from './model.ts'
import { inputOf, Turns, type WrittenCall } from './turns.ts'

/** A tool that the run itself runs. */
export interface RunnableTool extends ModelTool {
  /**
   * What it returns is told the model, and every reader: text, or JSON. So is the message of a `PublicError` that
   * it throws; any other error ends the run. One that ran while its process was killed is run again, with the same
   * `call`: what it does out there, it does once for each.
   *
   * @param input as the model wrote it: not checked against the schema
   */
  run(input: Json, context: { readonly call: string; readonly signal: AbortSignal }): Promise<Json>
}

export interface ToolSettings extends Omit<AnswerSettings, 'tools'> {
  readonly tools: readonly RunnableTool[]
  /** How often the model may call for tools. Default 8. */
  readonly rounds?: number
}

const DEFAULT_ROUNDS = 8

/**
 * A run's handler that says what the model says, runs the tools it calls for, and asks it again with what they
 * returned, until it has an answer. A successor (`recover: 'resume'`) runs no tool whose result is in the log.
 */
export function answerWithTools<Input, Context extends AnswerContext<Input> = AnswerContext<Input>>(
  model: Model, question: Question<Input, Context>, { tools, rounds = DEFAULT_ROUNDS, ...settings }: ToolSettings,
): AnswerHandler<Input, Context> {
  const told = tools.map(({ name, description, input }) => ({ name, description, input }))
  return async function* answer(context) {
    const { resumed, signal } = context
    const asked = await askedBy(question, context)
    const turns = resumed === null ? new Turns() : await Turns.of(resumed)
    if (context.prefix !== undefined && turns.rounds === 0) turns.add(context.prefix.slice(turns.prefix.length))
    const open = resumed?.outline.open[0]
    if (open?.kind === 'tool_call' || open?.kind === 'reasoning') yield { type: 'block_end' }
    let usage: Usage = usageBefore(resumed)
    for (;;) {
      if (turns.rounds > rounds) throw modelLimit('The model called for tools more often than it may.')
      for (const call of turns.pending) {
        const outcome = await outcomeOf(call, tools, signal)
        for (const said of resultOf(call, outcome, open?.kind === 'tool_result' && open.id === call.id)) {
          turns.add(said)
          yield said
        }
      }
      const { prefix, messages } = turns
      const saying = model.stream({ ...settings, tools: told, messages: [...asked, ...messages], signal, ...(prefix === '' ? {} : { prefix }) })
      for await (const said of withUsage(saying, usage)) {
        if (isUsage(said)) usage = said.usage
        turns.add(said)
        yield said
      }
      if (turns.pending.length === 0) return
    }
  }
}

interface Outcome {
  readonly text: string
  readonly failed?: true
}

async function outcomeOf({ id, name, input }: WrittenCall, tools: readonly RunnableTool[], signal: AbortSignal): Promise<Outcome> {
  signal.throwIfAborted()
  const tool = tools.find((one) => one.name === name)
  if (tool === undefined) return { text: 'There is no such tool.', failed: true }
  const parsed = inputOf(input)
  if (parsed === null) return { text: 'The input is no JSON.', failed: true }
  try {
    const result = await tool.run(parsed, { call: id, signal })
    return { text: typeof result === 'string' ? result : JSON.stringify(result) }
  } catch (error) {
    if (error instanceof PublicError) return { text: error.message, failed: true }
    throw error
  }
}

/** @param isOpen a predecessor began to say it */
function* resultOf({ id, name }: WrittenCall, { text, failed }: Outcome, isOpen: boolean): Generator<Said, void, undefined> {
  if (!isOpen) yield { type: 'block_start', kind: 'tool_result', id, name, ...(failed ? { failed } : {}) }
  yield { type: 'delta', kind: 'tool_result', text }
  yield { type: 'block_end' }
}
