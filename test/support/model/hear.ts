import type { Said } from '../../../packages/millrace/src/index.ts'
import type { Model, ModelRequest } from '../../../packages/millrace/src/model/model.ts'

/** All that was heard of an answer, and how it ended. */
export interface Heard {
  readonly said: readonly Said[]
  readonly text: string
  /** `null`: as it should. */
  readonly error: unknown
}

export const QUESTION: ModelRequest['messages'] = [{ role: 'user', text: 'Why?' }]

/** @param onSaid may stop the reading by what it returns */
export async function hear(model: Model, request: Partial<ModelRequest> = {}, onSaid: (said: Said) => 'stop' | undefined = () => undefined): Promise<Heard> {
  const said: Said[] = []
  let error: unknown = null
  try {
    for await (const one of model.stream({ messages: QUESTION, signal: new AbortController().signal, ...request })) {
      said.push(one)
      if (onSaid(one) === 'stop') break
    }
  } catch (thrown) {
    error = thrown
  }
  return { said, text: said.filter((one) => typeof one === 'string').join(''), error }
}
