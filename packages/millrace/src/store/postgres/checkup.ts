import { MillraceError } from '../../event/error.ts'
import type { Row } from './statements.ts'

const OLDEST = 14

/** What is asked of a server at the start, in the order in which {@link checkUp} takes the answers. */
export const QUESTIONS: readonly string[] = 'server_version,server_encoding,fsync,synchronous_commit'.split(',').map((name) => `current_setting('${name}')`)

/** @throws MillraceError `store_failed` for a server that will not do */
export function checkUp([version, encoding, fsync, commit]: Row, warn: (message: string) => void): void {
  if (Number.parseInt(String(version)) < OLDEST) {
    throw new MillraceError('store_failed', `This Postgres is version ${String(version)}; the store needs version ${String(OLDEST)} or later.`)
  }
  if (encoding !== 'UTF8') {
    throw new MillraceError('store_failed', `This database keeps text as ${String(encoding)}; the store needs one made with ENCODING 'UTF8'.`)
  }
  if (fsync === 'off') {
    warn('This Postgres runs with `fsync = off`: when its machine stops, all its data may be lost. Set `fsync = on`.')
  } else if (commit === 'off') {
    warn('This Postgres runs with `synchronous_commit = off`: when it stops, the newest acknowledged writes are lost. Set it on for this user or database.')
  }
}
