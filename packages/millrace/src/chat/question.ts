import { hasCode, MillraceError } from '../event/error.ts'
import { isEndStatus, type Json } from '../event/run-event.ts'
import type { TurnRequest } from '../protocol/chat.ts'
import type { Context } from '../server/context.ts'
import type { RunRecord } from '../store/store.ts'
import type { Line } from './line.ts'
import { asTurnInput, fieldsOf, type TurnInput } from './turn-input.ts'

/** What is asked, and where: `parent` is not there where that is behind the newest turn. */
export interface Question extends Pick<TurnInput, 'query' | 'supersedes' | 'continues' | 'model'> {
  readonly parent?: string | null
}

/** As it was asked: what a key stands for. */
export type Wanted = Omit<TurnRequest, 'stream'>

/** @throws MillraceError `invalid_input` */
export function wantedOf(body: Json): Wanted {
  const { query, parent, supersedes, continues, model } = fieldsOf(body)
  const wanted = { query, supersedes, continues, model }
  const wrong = Object.entries(wanted).find(([, value]) => value !== undefined && typeof value !== 'string')
  if (wrong) throw invalid(`\`${wrong[0]}\` is a text.`)
  if (parent !== undefined && parent !== null && typeof parent !== 'string') throw invalid('`parent` is the id of a turn, or null.')
  const given = Object.entries({ ...wanted, parent }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given)
}

/** What a request comes to in its conversation. @throws MillraceError `invalid_input`, saying what was wrong and what to do */
export async function questionOf(context: Context, line: Line, wanted: Wanted): Promise<Question> {
  const { query, parent, supersedes, continues, model } = wanted
  const replaced = supersedes ?? continues
  if (supersedes !== undefined && continues !== undefined) throw invalid('A turn supersedes another one or continues it, and does not do both.')
  if (replaced !== undefined) {
    if (parent !== undefined) throw invalid('`parent` goes with neither `supersedes` nor `continues`: they stand where that turn stands.')
    const earlier = await inputOf(context, await turnNamed(line, continues === undefined ? 'supersedes' : 'continues', replaced), continues !== undefined)
    if (continues !== undefined && query !== undefined && query !== earlier.query) throw invalid('`continues` goes on with the same question. To ask another one, use `supersedes`.')
    const named = model ?? earlier.model
    return {
      query: query ?? earlier.query, parent: earlier.parent,
      ...(supersedes === undefined ? {} : { supersedes }), ...(continues === undefined ? {} : { continues }), ...(named === undefined ? {} : { model: named }),
    }
  }
  if (query === undefined) throw invalid('A question needs a `query`.')
  if (typeof parent === 'string') await turnNamed(line, 'parent', parent)
  return { query, ...(parent === undefined ? {} : { parent }), ...(model === undefined ? {} : { model }) }
}

async function turnNamed(line: Line, name: string, id: string): Promise<RunRecord> {
  try {
    return await line.turn(id)
  } catch (error) {
    if (!hasCode(error, 'not_found') && !hasCode(error, 'gone')) throw error
    throw invalid(`\`${name}\` is no turn of this conversation, or one whose data has expired.`)
  }
}

/** @param cut whether its answer is to be one that was cut short */
async function inputOf({ store, snapshots }: Context, turn: RunRecord, cut: boolean): Promise<TurnInput> {
  if (!cut) return JSON.parse((await store.load(turn.id)).input) as TurnInput
  if (!isEndStatus(turn.status)) throw invalid('`continues` is a turn whose answer has its end. Cancel it first.')
  const { reply } = await snapshots.of(turn)
  if (reply.status === 'completed' && reply.reason !== 'length') throw invalid('`continues` is a turn whose answer was cut short. This one is complete.')
  return asTurnInput(reply.input)
}

function invalid(message: string): MillraceError {
  return new MillraceError('invalid_input', message)
}
