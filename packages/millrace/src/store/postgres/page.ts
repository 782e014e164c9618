import type { Batch } from '../../event/batch.ts'
import type { Page, RunId } from '../store.ts'
import { corrupt } from './failure.ts'
import { aliveOf } from './reply.ts'
import type { Told } from './reply.ts'
import type { Row } from './statements.ts'

/** What `read_run` answered: a row that tells of the run, then one for each batch. @throws MillraceError `store_corrupt` */
export function pageOf(run: RunId, after: number, [told = [], ...rows]: readonly Row[]): Page {
  const record = aliveOf(run, JSON.parse(String(told[0])) as Told)
  const batches = rows.map(batchOf)
  let at = Math.min(after, (batches[0]?.first ?? after + 1) - 1)
  for (const { first, last } of batches) {
    if (first > at + 1 || last > record.tail) throw corrupt(`the log of run ${run} has a gap`)
    at = last
  }
  return { batches, record }
}

function batchOf([, first, last, epoch, parts, head, bytes]: Row): Batch {
  if (!(bytes instanceof Uint8Array)) throw corrupt('a row of a log cannot be read')
  return {
    first: Number(first), last: Number(last), epoch: String(epoch), bytes,
    parts: parts instanceof Uint8Array ? parts : null,
    head: typeof head === 'string' ? head : null,
  }
}
