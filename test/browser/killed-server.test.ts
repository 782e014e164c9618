import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { ask, expectWholeAnswer, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const QUESTION = 'How does a reader resume?'

/** The same question's answer, by a server that nobody killed: text and sources. */
async function uninterrupted(app: App): Promise<unknown[]> {
  const response = await fetch(`${app.url}/runs/answer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ message: QUESTION }),
  })
  const { text, sources } = (await response.json()) as { text: string; sources: unknown }
  return [text, sources]
}

const NAME = 'the server ends by %s in the middle and is started again: the page shows the whole answer, each word once'

test.for(['SIGKILL', 'SIGTERM'] as const)(NAME, { timeout: 60_000 }, async (signal, context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-killed-'))
  const store = ['--store', `sqlite:${join(folder, 'log.db')}`]
  const browser = await launchBrowser(engine('chromium', context))
  let app = await startApp(...store, '--pace', '30')
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(app.url)
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    await ask(page, QUESTION)
    await untilWritten(page, 120)
    await app.kill(signal)
    const before = await shownText(page)
    await page.waitForSelector('#connection[data-state="reconnecting"]')
    expect(await page.textContent('.stage-text')).toBe('The connection was lost. What was written is kept.')

    app = await startApp(...store, '--pace', '200', '--port', String(app.port))
    await untilFinished(page)
    const kept = await expectWholeAnswer(page)
    expect(kept.status).toBe('completed')
    expect((await shownText(page)).startsWith(before)).toBe(true)
    expect([kept.content, kept.sources]).toEqual(await uninterrupted(app))
    // Nobody touched the page, and it did not load anew.
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true)
    expect(problems).toEqual([])
  } finally {
    await browser.close()
    await app.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
