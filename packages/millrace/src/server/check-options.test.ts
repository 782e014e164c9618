import { expect, test } from 'vitest'
import { createChat } from '../chat/chat.ts'
import { defineRun } from '../run/define.ts'
import { memory } from '../store/memory.ts'
import { createMillrace } from './app.ts'
import { anyone } from './authenticate.ts'

const count = defineRun({ async *run() { yield '1' } })
const options = { store: memory(), runs: { count }, authenticate: anyone }
const make = (wrong: object): unknown => createMillrace({ ...options, ...wrong })

test.each([
  [{ store: undefined }, '`store`'], [{ authenticate: undefined }, '`anyone`'], [{ base: 'api' }, '`base`'], [{ compress: true }, '`compress`'],
  [{ heartbeat: '5s' }, '`heartbeat`'], [{ heartbeat: -1 }, '`heartbeat`'], [{ lease: 0 }, '`lease`'], [{ retention: NaN }, '`retention`'],
  [{ allowedOrigins: ['*'] }, '*'], [{ allowedOrigins: ['https://app.example/'] }, 'slash'], [{ allowedOrigins: ['app.example'] }, 'app.example'],
  [{ runs: { count: async function* () { yield '1' } } }, '`count`'], [{ runs: { count: {} } }, 'defineRun'],
  [{ runs: { count: { ...count, recover: 'always' } } }, '`recover` of `count`'], [{ runs: { count: { ...count, cancelWhenUnread: '1m' } } }, '`cancelWhenUnread` of `count`'],
  [{ routes: { '/chat': createChat({ kind: 'count' }) } }, '`conversation`'], [{ routes: { '/chat': createChat({ kind: 'turn' }) }, runs: { count, conversation: count } }, '`turn`'],
  ...['chat', '/chat/', '/', ''].map((path): [object, string] => [{ routes: { [path]: createChat({ kind: 'count' }) }, runs: { count, conversation: count } }, `none: \`${path}\``]),
  [{ runs: { count: { ...count, onEnd: 'later' } } }, '`onEnd` of `count`'],
  [{ runs: { count: { ...count, timeLimit: -1 } } }, '`timeLimit` of `count`'],
])('what could never work is refused at once, by its name: %o', (wrong, name) => {
  expect(() => make(wrong)).toThrow(expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(name) as string }))
})

test.each([{ retention: Infinity, allowedOrigins: ['http://localhost:3000', 'null'] }, { heartbeat: undefined }, { base: '' },
  { retention: 0, tombstone: 0, cancelGrace: 0, runs: { count: { ...count, attempts: 0 } } },
])('what can work is taken: %o', (right) => {
  expect(() => make(right)).not.toThrow()
})
