import { programAt } from '../../../support/engines.ts'
import { natsHarness, withUrl } from '../../../support/nats-harness.ts'
import { startNats } from '../../../support/nats-server.ts'
import type { EngineSort } from './engine.ts'
import { serverSort } from './server.ts'

const PROGRAM = 'nats-server'

export const nats: EngineSort = serverSort({
  scheme: 'nats',
  program: PROGRAM,
  port: 4_222,
  launch: () => startNats(programAt(PROGRAM) ?? PROGRAM),
  // What a message says lies in several parts and streams: a fresh store puts them together.
  readRows: () => Promise.resolve(null),
  harness: (url) => natsHarness(url, withUrl(url)),
})
