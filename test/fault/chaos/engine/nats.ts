import { programAt } from '../../../support/engines.ts'
import { natsHarness, withUrl } from '../../../support/nats-harness.ts'
import { startNats } from '../../../support/nats-server.ts'
import type { Endpoint, Engine, EngineSort } from './engine.ts'

const SCHEME = 'nats'
const PROGRAM = 'nats-server'

export const nats: EngineSort = {
  scheme: SCHEME,
  program: PROGRAM,
  async start(address) {
    if (address !== SCHEME) {
      const { hostname, port } = new URL(address)
      return engineAt({ host: hostname, port: Number(port === '' ? 4_222 : port) }, address, null, () => Promise.resolve())
    }
    const server = await startNats(programAt(PROGRAM) ?? PROGRAM)
    const crash = { kill: () => server.kill(), start: () => server.start() }
    return engineAt({ host: '127.0.0.1', port: server.port }, server.url, crash, async () => server[Symbol.asyncDispose]())
  },
  harness: (engine) => natsHarness(engine.address(), withUrl(engine.address())),
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
    // What a message says lies in several parts and streams: a fresh store puts them together.
    readRows: () => Promise.resolve(null),
  }
}
