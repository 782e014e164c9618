import { MillraceError } from '../../event/error.ts'
import type { Said } from '../../run/said.ts'
import { modelFailed, modelLimit } from '../failure.ts'
import type { Model, ModelRequest } from '../model.ts'
import { Overlap } from '../overlap.ts'
import { Detokenizer } from './detokenizer.ts'
import type { Engine, Lane, Sampling } from './engine.ts'
import { Places } from './places.ts'
import { Thinking } from './thinking.ts'

/** A model whose weights are in this process. */
export interface LocalModel extends Model {
  /** How many tokens a prompt and its answer may have together. */
  readonly contextSize: number
  /** How many tokens a text is for this model. */
  count(text: string): number
  close(): Promise<void>
}

const TEMPERATURE = 0.8

export function localModel(name: string, engine: Engine): LocalModel {
  const places = new Places(engine.lanes)
  return {
    name,
    continues: true,
    contextSize: engine.contextSize,
    count: (text) => engine.encode(text).length,
    async *stream(request) {
      const thinking = new Thinking(engine.thinks && (request.prefix ?? '') === '')
      const overlap = new Overlap(request.prefix ?? '')
      const plan = planOf({ ...request, prefix: overlap.prefix }, engine)
      const lane = await places.take(request.signal)
      try {
        for await (const said of answer(lane, plan, engine, request.signal)) {
          const rest = typeof said === 'string' ? overlap.strip(said) : said
          if (typeof rest === 'string') yield* thinking.push(rest)
          else yield* [...thinking.end(), rest]
        }
      } finally {
        places.give(lane)
      }
    },
    close: () => engine.close(),
  }
}

/** One answer, reckoned in tokens. */
interface Plan {
  readonly prompt: readonly number[]
  /** How many of the prompt are the beginning of the answer. */
  readonly said: number
  /** How many more there may be. */
  readonly limit: number
  readonly sampling: Sampling
}

/** @throws PublicError `model_limit`, MillraceError `invalid_request` */
function planOf({ messages, tools, prefix = '', maxTokens = Infinity, temperature = TEMPERATURE, seed }: ModelRequest, engine: Engine): Plan {
  if (tools !== undefined && tools.length > 0) throw new MillraceError('invalid_request', 'A model in this process takes no tools.')
  const prompt = engine.prompt(messages, prefix)
  const said = prefix === '' ? 0 : Math.max(0, prompt.length - engine.prompt(messages, '').length)
  const room = engine.contextSize - prompt.length
  if (room + said < 1) throw modelLimit(`The question is too long for this model: it takes ${engine.contextSize} tokens in all.`)
  return {
    prompt, said,
    limit: Math.max(0, Math.min(maxTokens - said, room)),
    sampling: { temperature, seed: seed ?? Math.floor(Math.random() * 2 ** 32) },
  }
}

async function* answer(lane: Lane, { prompt, said, limit, sampling }: Plan, engine: Engine, signal: AbortSignal): AsyncGenerator<Said, void, undefined> {
  const text = new Detokenizer((tokens) => engine.decode(tokens), prompt)
  let made = 0
  if (limit > 0) {
    for await (const token of unbroken(lane.generate(prompt, sampling))) {
      signal.throwIfAborted()
      const piece = text.push(token)
      made += 1
      if (piece !== '') yield piece
      signal.throwIfAborted()
      if (made === limit) break
    }
  }
  yield { type: 'usage', usage: { input: prompt.length - said, output: said + made } }
  yield { type: 'finish', reason: made === limit ? 'length' : 'stop' }
}

/** What an engine throws may name files of this machine: readers are told that it failed, the cause is for the log. */
async function* unbroken(tokens: AsyncGenerator<number, void, undefined>): AsyncGenerator<number, void, undefined> {
  try {
    yield* tokens
  } catch (cause) {
    throw modelFailed(cause)
  }
}
