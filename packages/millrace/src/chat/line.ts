import { MillraceError } from '../event/error.ts'
import { isRunId } from '../protocol/routes.ts'
import { hasKey } from '../run/claim.ts'
import { keyedRunId } from '../run/ids.ts'
import type { RunRecord, Store } from '../store/store.ts'

/** A key is known among so many of a conversation's newest questions. */
export const REMEMBERED = 100

/**
 * The order of a conversation's turns. Each takes the place behind the one before it, which one run can have: so two
 * questions at once meet in the store, whichever nodes they came to.
 */
export class Line {
  /** The group of the conversation's runs. */
  readonly group: string
  readonly principal: string
  readonly kind: string
  readonly #store: Store

  constructor(store: Store, kind: string, { id, principal }: RunRecord) {
    this.group = groupOf(id)
    this.principal = principal
    this.kind = kind
    this.#store = store
  }

  /** The name of the place behind a turn; `null`: of the first one. */
  static behind(turn: RunRecord | null): string {
    return `after:${turn?.id ?? ''}`
  }

  /** Newest first. Of turns of the same millisecond any may be listed first: the line alone tells which is. */
  newest(limit: number): Promise<readonly RunRecord[]> {
    const { principal, kind, group } = this
    return this.#store.list({ principal, kind, group, limit })
  }

  /** The newest turn that can be read. Two calls of the store. */
  async last(): Promise<RunRecord | null> {
    let last = (await this.newest(1))[0] ?? null
    if (last === null) return null
    for (let next: RunRecord | null = last; next !== null; next = await this.#behind(next)) if (next.deletedAt === null) last = next
    return last
  }

  /** The turn that a key began. */
  async keyed(key: string): Promise<RunRecord | null> {
    for (const turn of await this.newest(REMEMBERED)) if (await hasKey(turn, key)) return turn
    return null
  }

  /** @throws MillraceError `not_found`, `gone`: whatever is no turn of this conversation is not there */
  async turn(id: string): Promise<RunRecord> {
    const record = this.#holds(id) ? await this.#store.find(id) : null
    if (record?.principal !== this.principal || record.kind !== this.kind) throw new MillraceError('not_found', 'There is no such turn in this conversation.')
    if (record.deletedAt !== null) throw new MillraceError('gone', 'This turn was here; its data has expired or was deleted.')
    return record
  }

  #holds(id: string): boolean {
    return isRunId(id) && id.startsWith(`${this.group}.`)
  }

  async #behind(turn: RunRecord): Promise<RunRecord | null> {
    return this.#store.find(await keyedRunId(this.principal, this.kind, this.group, Line.behind(turn)))
  }
}

/** The group of a run, or the one that it names. */
export function groupOf(id: string): string {
  return id.slice(0, 22)
}
