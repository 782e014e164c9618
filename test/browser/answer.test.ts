import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { ask, conversationOf, expectWholeAnswer, keptAnswer, letters, newest, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { layWire } from '../support/wire.ts'

const QUESTION = 'How does a reader resume?'

let folder = ''
/** Writes so slowly that much can happen meanwhile. */
let slow: App
let quick: App
let browser: Browser | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-browser-'))
  slow = await startApp('--store', `sqlite:${join(folder, 'log.db')}`, '--pace', '25')
  quick = await startApp('--store', 'memory:', '--pace', '400')
})
afterAll(async () => {
  await browser?.close()
  await slow.kill()
  await quick.kill()
  await rm(folder, { recursive: true, force: true })
})

async function tab(context: Parameters<typeof engine>[1], options?: Parameters<typeof openTab>[1]): ReturnType<typeof openTab> {
  browser ??= await launchBrowser(engine('chromium', context))
  return openTab(browser, options)
}

const outcome = (page: Page): Promise<string | null> => newest(page).locator('.outcome p').textContent()

test('the answer appears word by word, then its sources, and its citations open the passages', { timeout: 60_000 }, async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(slow.url)
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(window, { seen })
    const look = (): void => void seen.push(document.querySelector('.turn .text')?.textContent ?? '')
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
  await ask(page, QUESTION)
  await untilFinished(page)
  const kept = await expectWholeAnswer(page)
  expect(kept.status).toBe('completed')

  const seen = await page.evaluate(() => (window as Window & { seen?: string[] }).seen ?? [])
  expect(new Set(seen).size).toBeGreaterThan(30)
  for (const [at, text] of seen.entries()) expect(text.startsWith(seen[at - 1] ?? '')).toBe(true)

  const passage = page.waitForEvent('popup')
  await page.locator('.cite').first().click()
  const reader = await passage
  expect(new URL(reader.url()).pathname).toBe('/docs/docs/resume.md')
  expect(await reader.locator('section:target h1').textContent()).toBe(QUESTION)
  expect(problems).toEqual([])
})

test('a refresh in the middle shows the same answer, once, to its end', { timeout: 60_000 }, async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(slow.url)
  await ask(page, 'What happens when I refresh the page?')
  await untilWritten(page, 80)
  const conversation = conversationOf(page)
  await page.reload()
  await untilWritten(page, 20)
  expect(await newest(page).locator('.text').getAttribute('aria-busy')).toBe('true')
  await untilFinished(page)
  await expectWholeAnswer(page)
  expect(conversationOf(page)).toBe(conversation)
  expect(await page.locator('.turn h2').allTextContents()).toEqual(['What happens when I refresh the page?'])
  expect(await page.locator('.conversations a', { hasText: 'What happens when I refresh the page?' }).count()).toBe(1)
  expect(problems).toEqual([])
})

test('a second tab grows in step, and stops the answer for both', { timeout: 60_000 }, async (context) => {
  const first = await tab(context)
  await first.page.goto(slow.url)
  await ask(first.page, QUESTION)
  await untilWritten(first.page, 60)
  const second = await tab(context)
  await second.page.goto(first.page.url())
  const length = (await shownText(first.page)).length
  await untilWritten(second.page, length)
  await untilWritten(first.page, length + 20)
  await untilWritten(second.page, length + 20)

  await second.page.click('[data-does="stop"]')
  await Promise.all([untilFinished(first.page), untilFinished(second.page)])
  const kept = await keptAnswer(first.page)
  expect(kept.status).toBe('cancelled')
  expect(kept.sources).toEqual([])
  for (const { page, problems } of [first, second]) {
    expect(letters(await shownText(page))).toBe(letters(kept.content))
    expect(await outcome(page)).toBe('Stopped. What was written stays here.')
    expect(problems).toEqual([])
  }
})

test('what was stopped is continued: its words are not said twice, and its rest is', { timeout: 60_000 }, async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(slow.url)
  await ask(page, QUESTION)
  await untilWritten(page, 100)
  await page.click('[data-does="stop"]')
  await untilFinished(page)
  const cut = await keptAnswer(page)
  await newest(page).getByRole('button', { name: 'Continue' }).click()
  await page.waitForSelector('.sources')
  await untilFinished(page)
  const whole = await expectWholeAnswer(page)
  expect([whole.status, whole.content.startsWith(cut.content)]).toEqual(['completed', true])
  expect(await page.locator('.turn').count()).toBe(1)
  expect(problems).toEqual([])
})

test('a page that loses the network for 20 seconds says so, and shows the whole answer when it is back', { timeout: 90_000 }, async (context) => {
  const { page, problems } = await tab(context)
  const wire = await layWire(slow.port)
  await page.goto(wire.url)
  await ask(page, QUESTION)
  await untilWritten(page, 60)
  // The browser keeps what is open when it is told that it is offline: the network has to go too.
  await page.context().setOffline(true)
  wire.cut()
  await page.waitForSelector('#connection[data-state="offline"]')
  expect(await newest(page).locator('.stage-text').textContent()).toBe('You are offline. The answer goes on without this page.')
  const shown = await shownText(page)
  // As long as it says: the client's own patience and every time-out on the way have run by then.
  await new Promise((resolve) => setTimeout(resolve, 20_000))
  expect(await shownText(page)).toBe(shown)
  await page.context().setOffline(false)
  await untilFinished(page)
  expect((await expectWholeAnswer(page)).status).toBe('completed')
  expect(problems).toEqual([])
  wire.close()
})

test('regenerate, edit and follow-up: the newest shows, and what was before is a version', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(quick.url)
  await ask(page, 'What is a run?')
  await untilFinished(page)
  const first = await keptAnswer(page)
  await newest(page).getByRole('button', { name: 'Regenerate' }).click()
  await page.waitForSelector('.version')
  await untilFinished(page)
  const second = await expectWholeAnswer(page)
  expect(second.id).not.toBe(first.id)
  await ask(page, 'And who can read it?')
  await untilFinished(page, 2)
  await expectWholeAnswer(page)

  await page.locator('.turn').first().getByRole('button', { name: 'Edit this question and ask again' }).click()
  await page.getByLabel('The question in other words').fill('What is a store?')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('.turn').length === 1 && document.querySelector('.turn h2')?.textContent === 'What is a store?')
  await untilFinished(page)
  await expectWholeAnswer(page)

  await page.click('.version')
  await page.waitForSelector('.version-note')
  expect(await page.locator('.turn h2').allTextContents()).toEqual(['What is a run?'])
  await page.click('.version')
  await page.waitForURL((url) => url.hash.endsWith(`/${first.id}`))
  await page.goBack()
  await page.click('.version-note a')
  await page.waitForFunction(() => document.querySelector('.turn h2')?.textContent === 'What is a store?')
  expect(problems).toEqual([])
})

test('conversations open by their address, back and forth', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(quick.url)
  await ask(page, 'What is a tombstone?')
  await untilFinished(page)
  const first = page.url()
  await page.click('text=New conversation')
  await page.waitForSelector('.welcome')
  await ask(page, 'Who can read my answers?')
  await untilFinished(page)
  await page.locator('.conversations a', { hasText: 'What is a tombstone?' }).click()
  await page.waitForURL(first)
  await page.waitForFunction(() => document.querySelector('.turn h2')?.textContent === 'What is a tombstone?')
  await untilFinished(page)
  await expectWholeAnswer(page)
  await page.goBack()
  await page.waitForFunction(() => document.querySelector('.turn h2')?.textContent === 'Who can read my answers?')
  await expectWholeAnswer(page)
  for (const address of ['#AAAAAAAAAAAAAAAAAAAAAA', '#nonsense']) {
    await page.goto(`${quick.url}/${address}`)
    await page.waitForSelector('.outcome')
    expect(await page.textContent('.outcome p')).toBe('There is no such conversation here.')
  }
  await page.click('.outcome button')
  await page.waitForSelector('.welcome')
  expect(problems).toEqual([])
})

test('a conversation is renamed and deleted in the list', async (context) => {
  const { page, problems } = await tab(context)
  await page.goto(quick.url)
  await ask(page, 'What does sealing do?')
  await untilFinished(page)
  const row = page.locator('.row[data-current="true"]')
  await row.hover()
  await row.getByRole('button', { name: 'Rename' }).click()
  await page.keyboard.type('About <b>sealing</b>')
  await page.keyboard.press('Enter')
  await page.locator('.conversations a', { hasText: 'About <b>sealing</b>' }).waitFor()
  await page.reload()
  await page.locator('.conversations a', { hasText: 'About <b>sealing</b>' }).waitFor()
  expect(await page.title()).toBe('About <b>sealing</b> · Millrace')

  await row.hover()
  await row.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await page.waitForSelector('.welcome')
  expect(await page.locator('.conversations a', { hasText: 'sealing' }).count()).toBe(0)
  expect(problems).toEqual([])
})

test('a phone shows all of it without scrolling sideways, and the list as a drawer', async (context) => {
  const { page, problems } = await tab(context, { viewport: { width: 375, height: 700 }, isMobile: true, hasTouch: true })
  await page.goto(quick.url)
  await ask(page, `${QUESTION} ${'x'.repeat(200)}`)
  await untilFinished(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  expect(await page.locator('.side').isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Show the conversations' }).click()
  await page.locator('.conversations a').first().waitFor({ state: 'visible' })
  await page.keyboard.press('Escape')
  await page.locator('.side').waitFor({ state: 'hidden' })
  expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Show the conversations')
  expect(problems).toEqual([])
})
