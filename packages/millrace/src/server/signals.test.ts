import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { defineRun } from '../run/define.ts'
import { sqlite } from '../store/sqlite/index.ts'

const letter = defineRun({
  recover: 'resume',
  signals: { approval: z.object({ approved: z.boolean() }), input: z.string() },
  async *run({ signals }) {
    for await (const { id, type, data } of signals) {
      if (type === 'approval') return { id, approved: data.approved }
      yield data
    }
  },
})

function send(server: TestApp, run: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return server.ask(`/runs/${run}/signals`, posting(body, headers))
}

test('what is sent to a run reaches its work, once an id, and a reader sees what came of it', async () => {
  await using server = testApp({ runs: { letter } })
  const run = await server.app.start('letter', null, { principal: 'ada' })
  const first = await send(server, run.id, { type: 'input', data: 'Hello ', id: '1' })
  expect([first.status, await first.json(), first.headers.get('Millrace-Run')]).toEqual([200, { id: run.id, status: 'running' }, run.id])
  await send(server, run.id, { type: 'input', data: 'again ', id: '1' })
  // Without an id each is one of its own.
  for (let time = 0; time < 2; time += 1) await send(server, run.id, { type: 'input', data: 'you ' })
  await run.signal({ type: 'approval', data: { approved: true }, id: 'yes' })
  expect(await run.result).toMatchObject({ status: 'completed', text: 'Hello you you ', result: { id: 'yes', approved: true } })
  expect(await (await send(server, run.id, { type: 'input', data: 'late' })).json()).toEqual({ id: run.id, status: 'completed' })
  expect(await run.signal({ type: 'cancel' })).toBe('completed')
})

test('what the kind does not take is refused, and somebody else’s run is not there', async () => {
  await using server = testApp({ runs: { letter } })
  const run = await server.app.start('letter', null, { principal: 'ada' })
  const { id } = run
  for (const body of [{ type: 'other' }, { type: 'approval' }, { type: 'approval', data: { approved: 'yes' } }, { type: 'input', data: 7 }]) {
    await expectProblem(await send(server, id, body), 422, 'invalid_input')
  }
  await expectProblem(await send(server, id, { type: 'input', data: 'x'.repeat(65 * 1024) }), 413, 'too_large')
  await expectProblem(await send(server, id, { type: 'input', data: 'x' }, { 'X-User': 'bob' }), 404, 'not_found')
  await expect(run.signal({ type: 'input', data: 7 })).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(run.signal({ type: 'input', data: 'x', id: '!cancel' })).rejects.toMatchObject({ code: 'invalid_request' })
  await run.cancel()
})

test('a run that waits says so, in snapshot and list, and a signal to another server brings it back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-signals-'))
  const open = (): TestApp => testApp({ runs: { letter }, store: sqlite(join(folder, 'log.db')) })
  const before = open()
  const { id } = await before.app.start('letter', null, { principal: 'ada' })
  await vi.waitUntil(async () => {
    await send(before, id, { type: 'input', data: 'x', id: 'one' })
    return (await (await before.ask(`/runs/${id}`)).json() as { text: string }).text === 'x'
  })
  await before.app.close()
  await using after = open()
  expect(await (await after.ask(`/runs/${id}`)).json()).toMatchObject({ status: 'waiting', text: 'x' })
  expect(await (await after.ask('/runs')).json()).toMatchObject({ runs: [{ id, status: 'waiting' }] })
  await send(after, id, { type: 'approval', data: { approved: false } })
  const run = await after.app.open(id, { principal: 'ada' })
  expect(await run.result).toMatchObject({ status: 'completed', text: 'x', result: { approved: false } })
  await rm(folder, { recursive: true })
})
