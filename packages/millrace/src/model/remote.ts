import { MillraceError } from '../event/error.ts'
import type { Said } from '../run/said.ts'
import { checkLimits, limited, type Heard, type ModelLimits } from './limits.ts'
import type { Model, ModelMessage, ModelRequest } from './model.ts'
import { Overlap } from './overlap.ts'
import { retried, type Refusal } from './retry.ts'

/** What every model behind a network may be told. */
export interface RemoteOptions {
  readonly limits?: ModelLimits
  /** How often a request is made again that failed before the first token. Default 2. */
  readonly retries?: number
}

/** What one vendor's client brings. */
export interface Remote {
  readonly name: string
  readonly continues: boolean
  /** Asks once. Ends without an error only where the model said that it is done. */
  readonly ask: (request: ModelRequest) => AsyncGenerator<Heard, void, undefined>
  readonly refusalOf: (error: unknown) => Refusal
}

const DEFAULT_RETRIES = 2
/** For clients that have one, in ms: our limits rule, and a timer knows nothing longer. */
export const NO_TIMEOUT: number = 2 ** 31 - 1

/** A model behind a network: asked under limits, asked again where that costs nothing, and gone on with. */
export function remoteModel({ name, continues, ask, refusalOf }: Remote, { limits, retries = DEFAULT_RETRIES }: RemoteOptions): Model {
  const caps = checkLimits(limits)
  return {
    name,
    continues,
    async *stream(request: ModelRequest): AsyncGenerator<Said, void, undefined> {
      const overlap = new Overlap(prefixOf(request, name, continues))
      const { prefix } = overlap
      const again = (signal: AbortSignal): AsyncGenerator<Heard, void, undefined> =>
        retried(() => ask({ ...request, prefix, signal }), refusalOf, retries, signal)
      for await (const said of limited(again, request.signal, caps)) yield typeof said === 'string' ? overlap.strip(said) : said
    },
  }
}

/** @throws MillraceError `invalid_request`: said once more from its start, an answer would stand in the log twice */
function prefixOf({ prefix = '' }: ModelRequest, name: string, continues: boolean): string {
  if (prefix === '' || continues) return prefix
  throw new MillraceError('invalid_request', `The model ${name} cannot go on after a part of its answer. Give the kind \`recover: 'restart'\`.`)
}

/** The conversation with what was said of the answer so far as its last message. */
export function messagesOf({ messages, prefix = '' }: ModelRequest): readonly ModelMessage[] {
  return prefix === '' ? messages : [...messages, { role: 'assistant', text: prefix }]
}
