import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { createClient } from '../../packages/millrace/src/client/index.ts'
import { startApp } from '../support/application.ts'
import { engine } from '../support/engines.ts'
import { LOCALS, tempFolder } from '../support/local-models.ts'
import { freePort } from '../support/free-port.ts'

/** As many tokens as the toy's prompt and answer have together. */
const CONTEXT = 256

async function start(flags: readonly string[], context: TestContext): ReturnType<typeof startApp> {
  const app = await startApp(...flags)
  context.onTestFinished(async () => {
    await app.kill('SIGKILL')
  })
  return app
}

test.for(LOCALS)('the server is killed while the $name model writes: who takes over has it go on after its own words', { timeout: 90_000 }, async ({ engine: needed, flag }, context) => {
  engine(needed, context)
  const store = ['--model', flag, '--store', `sqlite:${join(await tempFolder(context), 'log.db')}`, '--port', String(await freePort())]
  const first = await start([...store, '--pace', '20'], context)
  const run = await createClient(first.url).start('answer', { message: 'How does a reader resume?' })
  let text = ''
  let before = ''
  for await (const piece of run.text()) {
    text += piece
    if (before !== '' || text.length < 80) continue
    before = text
    await first.kill('SIGKILL')
    await start([...store, '--pace', '0'], context)
  }
  const { status, usage } = await run.result
  expect(status).toBe('completed')
  const kept = await run.snapshot()
  // Whole, once: what readers had is how it begins, and the log has not a letter more or less than they were given.
  expect(text.startsWith(before)).toBe(true)
  expect(text.length).toBeGreaterThan(before.length + 80)
  expect(kept).toMatchObject({ text, attempt: 1, reason: 'length', sources: [expect.anything()] })
  expect((usage?.input ?? 0) + (usage?.output ?? 0)).toBe(CONTEXT)
  expect(text.indexOf(before.slice(-40), before.length - 39)).toBe(-1)
})
