import { redisHarness, withUrl } from '../../../support/redis-harness.ts'
import { ask, startRedis } from '../../../support/redis-server.ts'
import type { Row } from '../oracle/evidence.ts'
import type { EngineSort } from './engine.ts'
import { serverSort } from './server.ts'

const PROGRAM = 'redis-server'

/** @param settings as in `redis.conf` */
export function redisWith(settings: Readonly<Record<string, string>>): EngineSort {
  return serverSort({
    scheme: 'redis',
    program: PROGRAM,
    port: 6_379,
    launch: () => startRedis(PROGRAM, settings),
    readRows: rowsIn,
    harness: (url) => redisHarness(withUrl(url)),
  })
}

/** Every acknowledged write is on the disk's side of the operating system, which a killed process does not undo. */
export const redis: EngineSort = redisWith({ appendonly: 'yes', appendfsync: 'always' })

/** Packed rows lie in a sorted set, those that came since in a stream; a row says in its first line where it belongs. */
async function rowsIn(url: string, run: string): Promise<readonly Row[]> {
  const port = Number(new URL(url).port)
  const [record] = (await ask(port, ['KEYS', `*}:r:${run}`])).split(',')
  if (record === undefined || record === '') return []
  const keyOf = (letter: string): string => record.replace('}:r:', `}:${letter}:`)
  const script = 'local all = redis.call("ZRANGE", KEYS[1], 0, -1) for _, each in ipairs(redis.call("XRANGE", KEYS[2], "-", "+")) do all[#all + 1] = each[2][2] end return cjson.encode(all)'
  const rows = JSON.parse(await ask(port, ['EVAL', script, '2', keyOf('s'), keyOf('l')])) as readonly string[] | object
  return Array.isArray(rows) ? rows.map((row) => rowOf(String(row))) : []
}

function rowOf(row: string): Row {
  const end = row.indexOf('\n')
  const [first, last, _epoch, parts = '-', head = '-'] = row.slice(0, end).split(' ')
  const skipped = [parts, head].reduce((sum, length) => sum + (length === '-' ? 0 : Number(length)), 0)
  return { first: Number(first), last: Number(last), text: row.slice(end + 1 + skipped) }
}
