import { expect, test } from 'vitest'
import { testApp } from '../../../../test/support/app.ts'
import { framesIn } from '../../../../test/support/frames.ts'
import { Log } from '../../../../test/support/log.ts'

const SSE = { Accept: 'text/event-stream' }

test.each([
  ['anthropic', 'message_start'],
  ['ag-ui', 'RUN_STARTED'],
  ['chunk', '{"type":"start"'],
])('%s: who read on before is told that it is void, who comes after begins at the newest attempt', async (dialect, start) => {
  await using server = testApp()
  const log = await Log.begin(server.store)
  await log.say('Void.')
  const { cursor } = (await (await server.ask(`/runs/${log.run}`)).json()) as { readonly cursor: string }
  const read = async (headers: Readonly<Record<string, string>>): Promise<string[]> => {
    const response = await server.ask(`/runs/${log.run}?dialect=${dialect}`, { headers: { ...SSE, ...headers } })
    return framesIn(new Uint8Array(await response.arrayBuffer()), 'sse').map(({ cursor, data }) => `${String(cursor)} ${JSON.stringify(data)}`)
  }
  const cursorOf = (frame: string | undefined): string => frame?.split(' ')[0] ?? ''
  await log.takeOver()
  await log.beginAnew(2)
  await log.say('The answer.')
  await log.end({ status: 'completed' })
  const fresh = await read({})
  expect(fresh[0]).toContain(start)
  expect(fresh.join('\n')).not.toMatch(/Void|attempt/)
  expect(fresh.join('\n')).toContain('The answer.')
  const rest = await read({ 'Last-Event-ID': cursor })
  expect(rest[0]).toContain('attempt')
  expect(rest.slice(1)).toEqual(fresh)
  expect(await read({ 'Last-Event-ID': cursorOf(fresh[0]) })).toEqual(fresh.slice(1))
})
