import { PublicError } from '../event/error.ts'
import { isRunId } from '../protocol/routes.ts'

/** What a turn's run is given: a question, and where it stands in its conversation. */
export interface TurnInput {
  readonly query: string
  /** The turn it is asked after; `null` where it begins a conversation. */
  readonly parent: string | null
  /** The turn under way that is to have its end first. */
  readonly after?: string
  /** The turn that this one takes the place of. */
  readonly supersedes?: string
  /** The turn whose answer this one goes on with. */
  readonly continues?: string
  /** Which model was asked for. */
  readonly model?: string
}

const DEFAULT_LENGTH = 32_000
const MODEL_LENGTH = 200

/** @param longest characters of a question */
export function turnCheck(longest: number = DEFAULT_LENGTH): (value: unknown) => TurnInput {
  return (value) => {
    const { query, parent = null, after, supersedes, continues, model } = fieldsOf(value)
    return {
      query: toQuery(query, longest),
      parent: parent === null ? null : toTurnId('parent', parent),
      ...(after === undefined ? {} : { after: toTurnId('after', after) }),
      ...(supersedes === undefined ? {} : { supersedes: toTurnId('supersedes', supersedes) }),
      ...(continues === undefined ? {} : { continues: toTurnId('continues', continues) }),
      ...(model === undefined ? {} : { model: toModel(model) }),
    }
  }
}

/** What was a turn's input once; longer questions may have been let through then. @throws PublicError where it is none */
export const asTurnInput: (value: unknown) => TurnInput = turnCheck(Infinity)

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function toQuery(query: unknown, longest: number): string {
  if (typeof query === 'string' && query.trim() !== '' && query.length <= longest) return query
  throw new PublicError('invalid_query', `A \`query\` is a text of 1 to ${String(longest)} characters.`)
}

function toTurnId(name: string, id: unknown): string {
  if (typeof id === 'string' && isRunId(id)) return id
  throw new PublicError('invalid_turn', `\`${name}\` is the id of a turn.`)
}

function toModel(model: unknown): string {
  if (typeof model === 'string' && model !== '' && model.length <= MODEL_LENGTH) return model
  throw new PublicError('invalid_model', `A \`model\` is a name of 1 to ${String(MODEL_LENGTH)} characters.`)
}
