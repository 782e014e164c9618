import type { Said } from 'millrace'
import type { LocalModel, Model } from 'millrace/model'
import { Pace } from './pace.ts'
import { promptOf } from './prompt.ts'
import type { Prompt, Room } from './prompt.ts'
import type { Work, Writer } from './writer.ts'

/** How much of a prompt goes to a model that does not say how much it reads, in tokens of about three characters. */
const USUAL_ROOM = 4000
const CHARACTERS = 3
/** An answer to read, not a book. */
const MAX_TOKENS = 1024

/** Has a model answer from the passages. @param pace words a second at most; `null`: as fast as the model */
export function modelWriter(model: Model, pace: number | null): Writer<Prompt> {
  return {
    name: model.name,
    plan: (asked, results) => promptOf(asked, results, roomOf(model)),
    write: (work) => write(model, work, pace ?? 0),
  }
}

async function* write(model: Model, { plan, said, signal }: Work<Prompt>, perSecond: number): AsyncGenerator<Said> {
  const pace = new Pace(perSecond)
  const { messages } = plan
  for await (const one of model.stream({ messages, signal, maxTokens: MAX_TOKENS, ...(said === '' ? {} : { prefix: said }) })) {
    // A model that is not asked for its next word does not think of it: the pace is its own.
    if (typeof one === 'string' && !(await pace.next(signal))) return
    yield one
  }
}

/** Half of what it reads is for the question and its sources, half for the answer. */
function roomOf(model: Model): Room {
  if (isLocal(model)) return { tokens: Math.floor(model.contextSize / 2), count: (text) => model.count(text) }
  return { tokens: USUAL_ROOM, count: (text) => Math.ceil(text.length / CHARACTERS) }
}

function isLocal(model: Model): model is LocalModel {
  return 'contextSize' in model
}
