import { redisHarness, withUrl } from '../../../support/redis-harness.ts'
import { ask, startRedis } from '../../../support/redis-server.ts'
import type { Row } from '../oracle/evidence.ts'
import type { Endpoint, Engine, EngineSort } from './engine.ts'

const SCHEME = 'redis'
const PROGRAM = 'redis-server'
/** Every acknowledged write is on the disk's side of the operating system, which a killed process does not undo. */
const SETTINGS = { appendonly: 'yes', appendfsync: 'always' }

export const redis: EngineSort = {
  scheme: SCHEME,
  program: PROGRAM,
  async start(address) {
    if (address !== SCHEME) {
      const { hostname, port } = new URL(address)
      return engineAt({ host: hostname, port: Number(port === '' ? 6_379 : port) }, address, null, () => Promise.resolve())
    }
    return startRedisEngine()
  },
  harness: (engine) => redisHarness(withUrl(engine.address())),
}

/** @param settings as in `redis.conf`; by default it keeps all that it acknowledged */
export async function startRedisEngine(settings: Readonly<Record<string, string>> = SETTINGS): Promise<Engine> {
  const server = await startRedis(PROGRAM, settings)
  const crash = { kill: () => server.kill(), start: () => server.start() }
  return engineAt({ host: '127.0.0.1', port: server.port }, server.url, crash, async () => server[Symbol.asyncDispose]())
}

function engineAt(endpoint: Endpoint, url: string, crash: Engine['crash'], close: () => Promise<void>): Engine {
  return {
    endpoint, crash, close,
    address(by = endpoint) {
      const through = new URL(url)
      through.hostname = by.host
      through.port = String(by.port)
      return through.href
    },
    readRows: (run) => rowsIn(endpoint.port, run),
  }
}

/** Packed rows lie in a sorted set, those that came since in a stream; a row says in its first line where it belongs. */
async function rowsIn(port: number, run: string): Promise<readonly Row[]> {
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
