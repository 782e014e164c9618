import { MillraceError } from '../event/error.ts'
import type { ListFilter, RunRecord, Store } from '../store/store.ts'

const DEFAULT_LIMIT = 20
const LIST_LIMIT = 100

/** `?limit=` and `?before=`. @throws MillraceError `invalid_request` */
export function pageIn(query: URLSearchParams): Pick<ListFilter, 'limit' | 'before'> {
  const before = query.get('before')
  return { limit: limitIn(query), ...(before === null ? {} : { before: parsePlace(before) }) }
}

/** @throws MillraceError `invalid_request` */
export function limitIn(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_LIMIT) return limit
  throw new MillraceError('invalid_request', `\`limit\` is a whole number from 1 to ${String(LIST_LIMIT)}.`)
}

/** One page, and the next one's `before`. */
export interface ListedPage {
  readonly records: readonly RunRecord[]
  readonly next: { readonly next?: string }
}

export async function listPage(store: Store, filter: ListFilter): Promise<ListedPage> {
  const found = await store.list({ ...filter, limit: filter.limit + 1 })
  const records = found.slice(0, filter.limit)
  const last = records.at(-1)
  return { records, next: found.length > records.length && last ? { next: placeOf(last) } : {} }
}

function placeOf({ createdAt, id }: RunRecord): string {
  return `${String(createdAt)}~${id}`
}

function parsePlace(text: string): { readonly createdAt: number; readonly id: string } {
  const match = /^(\d{1,15})~([\w.-]{22,45})$/.exec(text)
  if (!match) throw new MillraceError('invalid_request', '`before` is the `next` of an earlier page.')
  return { createdAt: Number(match[1]), id: match[2] ?? '' }
}
