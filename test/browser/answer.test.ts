import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { ask, expectWholeAnswer, keptAnswer, letters, runOf, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { layWire } from '../support/wire.ts'

const QUESTION = 'How does a reader resume?'

let folder = ''
let app: App
let browser: Browser | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-browser-'))
  app = await startApp('--store', `sqlite:${join(folder, 'log.db')}`, '--pace', '60')
})
afterAll(async () => {
  await browser?.close()
  await app.kill()
  await rm(folder, { recursive: true, force: true })
})

async function tab(context: Parameters<typeof engine>[1], options?: Parameters<typeof openTab>[1]): ReturnType<typeof openTab> {
  browser ??= await launchBrowser(engine('chromium', context))
  return openTab(browser, options)
}

test('the answer appears word by word, then its sources, and its citations open the passages', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(app.url)
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(window, { seen })
    const text = document.getElementById('text')
    if (text) new MutationObserver(() => seen.push(text.textContent)).observe(text, { childList: true, subtree: true, characterData: true })
  })
  await ask(page, QUESTION)
  await untilFinished(page)
  const kept = await expectWholeAnswer(page)
  expect(kept.status).toBe('completed')

  const seen = await page.evaluate(() => (window as Window & { seen?: string[] }).seen ?? [])
  expect(seen.length).toBeGreaterThan(30)
  for (const [at, text] of seen.entries()) expect(text.startsWith(seen[at - 1] ?? '')).toBe(true)

  const passage = page.waitForEvent('popup')
  await page.locator('.cite').first().click()
  const reader = await passage
  expect(new URL(reader.url()).pathname).toBe('/docs/docs/resume.md')
  expect(await reader.locator('section:target h1').textContent()).toBe(QUESTION)
  expect(problems).toEqual([])
})

test('a refresh in the middle shows the same answer, once, to its end', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(app.url)
  await ask(page, 'What happens when I refresh the page?')
  await untilWritten(page, 80)
  const run = runOf(page)
  await page.reload()
  await untilWritten(page, 20)
  expect(await page.getAttribute('#text', 'aria-busy')).toBe('true')
  await untilFinished(page)
  await expectWholeAnswer(page)
  expect(runOf(page)).toBe(run)
  expect(await page.textContent('#question')).toBe('What happens when I refresh the page?')
  expect(await page.locator('#earlier-list a', { hasText: 'What happens when I refresh the page?' }).count()).toBe(1)
  expect(problems).toEqual([])
})

test('a second tab grows in step, and stops the answer for both', async (context) => {
  const first = await tab(context)
  await first.page.goto(app.url)
  await ask(first.page, QUESTION)
  await untilWritten(first.page, 60)
  const second = await tab(context)
  await second.page.goto(first.page.url())
  const length = (await shownText(first.page)).length
  await untilWritten(second.page, length)
  await untilWritten(first.page, length + 20)
  await untilWritten(second.page, length + 20)

  await second.page.click('#stop')
  await Promise.all([untilFinished(first.page), untilFinished(second.page)])
  const kept = await keptAnswer(first.page)
  expect(kept.status).toBe('cancelled')
  expect(kept.sources).toEqual([])
  for (const { page, problems } of [first, second]) {
    expect(letters(await shownText(page))).toBe(letters(kept.text))
    expect(await page.textContent('#outcome-text')).toBe('Stopped. What was written stays here.')
    expect(problems).toEqual([])
  }
})

test('a page that loses the network says so, and shows the whole answer when it is back', async (context) => {
  const { page, problems } = await tab(context)
  const wire = await layWire(app.port)
  await page.goto(wire.url)
  await ask(page, QUESTION)
  await untilWritten(page, 60)
  // The browser keeps what is open when it is told that it is offline: the network has to go too.
  await page.context().setOffline(true)
  wire.cut()
  await page.waitForSelector('#connection[data-state="offline"]')
  expect(await page.textContent('#stage-text')).toBe('You are offline. The answer goes on without this page.')
  await page.context().setOffline(false)
  await untilFinished(page)
  expect((await expectWholeAnswer(page)).status).toBe('completed')
  expect(problems).toEqual([])
  wire.close()
})

test('the keyboard asks, begins new lines and stops; the news is said, the words are not', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(app.url)
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(window, { said })
    const announcer = document.getElementById('announcer')
    if (announcer) new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, { childList: true, subtree: true })
  })
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('question-box')
  await page.keyboard.type('How does')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('a reader resume?')
  expect(await page.inputValue('#question-box')).toBe('How does\na reader resume?')
  await page.keyboard.press('Enter')
  await untilWritten(page, 40)
  await page.keyboard.press('Escape')
  await untilFinished(page)
  expect((await keptAnswer(page)).status).toBe('cancelled')
  const said = await page.evaluate(() => (window as Window & { said?: string[] }).said ?? [])
  expect(said.at(-1)).toBe('Stopped. What was written stays here.')
  expect(said.length).toBeLessThan(8)

  await page.click('#retry')
  await untilFinished(page)
  expect((await expectWholeAnswer(page)).status).toBe('completed')
  expect(problems).toEqual([])
})

test('earlier answers open by their address, back and forth', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(app.url)
  await ask(page, 'What is a run?')
  await untilFinished(page)
  const first = page.url()
  await ask(page, 'Who can read my answers?')
  await untilFinished(page)
  await page.locator('#earlier-list a', { hasText: 'What is a run?' }).first().click()
  await page.waitForURL(first)
  await page.waitForFunction(() => document.getElementById('question')?.textContent === 'What is a run?')
  await untilFinished(page)
  await expectWholeAnswer(page)
  await page.goBack()
  await page.waitForFunction(() => document.getElementById('question')?.textContent === 'Who can read my answers?')
  await untilFinished(page)
  await expectWholeAnswer(page)
  for (const address of ['#AAAAAAAAAAAAAAAAAAAAAA', '#nonsense']) {
    await page.goto(`${app.url}/${address}`)
    await page.waitForSelector('#outcome:not([hidden])')
    expect(await page.textContent('#outcome-text')).toBe('There is no such answer here.')
  }
  expect(problems).toEqual([])
})

test('a phone shows all of it without scrolling sideways', async (context) => {
  const { page } = await tab(context, { viewport: { width: 375, height: 700 }, isMobile: true, hasTouch: true })
  await page.goto(app.url)
  await ask(page, `${QUESTION} ${'x'.repeat(200)}`)
  await untilFinished(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
})
