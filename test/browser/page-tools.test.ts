import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { ask, conversationOf, expectWholeAnswer, keptAnswer, letters, newest, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const QUESTION = 'How does a reader resume?'

let slow: App
let quick: App
let browser: Browser | undefined

beforeAll(async () => {
  slow = await startApp('--store', 'memory:', '--pace', '25')
  quick = await startApp('--store', 'memory:', '--pace', '400')
})
afterAll(async () => {
  await browser?.close()
  await slow.kill()
  await quick.kill()
})

async function tab(app: App, context: Parameters<typeof engine>[1], options?: Parameters<typeof openTab>[1]): ReturnType<typeof openTab> {
  browser ??= await launchBrowser(engine('chromium', context))
  const opened = await openTab(browser, options)
  await opened.page.goto(app.url)
  await opened.page.waitForSelector('.welcome')
  return opened
}

test('the switch cuts the connection: nothing comes, then everything, and the page says how much came from the log', { timeout: 60_000 }, async (context) => {
  const { page, problems } = await tab(slow, context)
  await ask(page, QUESTION)
  await untilWritten(page, 60)
  await page.getByRole('switch', { name: 'Cut my connection' }).click()
  await page.waitForSelector('#connection[data-state="cut"]')
  const shown = await shownText(page)
  const { id } = await keptAnswer(page)
  // Somebody else sees it written on meanwhile.
  const soFar = async (): Promise<number> => ((await (await fetch(`${slow.url}/runs/${id}`)).json()) as { text: string }).text.length
  await expect.poll(soFar, { timeout: 20_000 }).toBeGreaterThan(shown.length + 100)
  expect(await shownText(page)).toBe(shown)

  await page.getByRole('switch', { name: 'Cut my connection' }).click()
  await page.waitForSelector('#missed')
  const missed = Number(/^([\d,]+) characters were written while you were cut off\. They came from the log\.$/.exec(await page.textContent('#missed') ?? '')?.[1]?.replace(',', ''))
  expect(missed).toBeGreaterThanOrEqual(100)
  await untilFinished(page)
  expect((await expectWholeAnswer(page)).status).toBe('completed')
  expect(problems).toEqual([])
})

test('a question in a conversation that is not there leads to a new one, and is not offered to be sent again', async (context) => {
  const { page, problems } = await tab(quick, context)
  await page.goto(`${quick.url}/#nonsense`)
  await page.waitForSelector('.outcome')
  await page.fill('#question-box', QUESTION)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.turn')
  await page.locator('main').getByRole('button', { name: 'New conversation' }).click()
  await page.waitForSelector('.welcome')
  expect(await page.getByRole('button', { name: 'Send again' }).count()).toBe(0)
  expect(problems).toEqual([])
})

test('something long that was pasted is shown as text, and not as large as a heading', async (context) => {
  const { page } = await tab(quick, context)
  const size = async (question: string): Promise<number> => {
    await ask(page, question)
    await untilFinished(page)
    return page.evaluate(() => parseFloat(getComputedStyle([...document.querySelectorAll('.question h2')].at(-1) ?? document.body).fontSize))
  }
  const heading = await size(QUESTION)
  expect(await size(`${QUESTION} `.repeat(20))).toBeLessThan(heading * 0.7)
})

test('the curl line of an answer reads it in a terminal', async (context) => {
  const { page, problems } = await tab(quick, context, { permissions: ['clipboard-read', 'clipboard-write'] })
  await ask(page, QUESTION)
  await untilFinished(page)
  await newest(page).getByRole('button', { name: 'curl', exact: true }).click()
  await newest(page).locator('.actions-and-curl').getByRole('button', { name: 'Copy this code' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()
  const line = await page.evaluate(() => navigator.clipboard.readText())
  expect(line).toMatch(/^curl -N /)
  const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --silent`])
  expect(stdout).toBe((await keptAnswer(page)).content)

  await newest(page).getByRole('button', { name: 'Copy the answer' }).click()
  await page.waitForFunction(async (before) => (await navigator.clipboard.readText()) !== before, line)
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(stdout)
  expect(problems).toEqual([])
})

test('a conversation is exported as Markdown and as JSON, with what the page does not show', async (context) => {
  const { page, problems } = await tab(quick, context)
  await ask(page, 'What is a run?')
  await untilFinished(page)
  await ask(page, 'Who can read my answers?')
  await untilFinished(page, 2)
  const { turns } = (await (await fetch(`${quick.url}/chat/conversations/${conversationOf(page)}/turns`)).json()) as { turns: { query: string; content: string }[] }

  const markdown = await exported(page, 'Markdown')
  expect(markdown.name).toBe('what-is-a-run.md')
  for (const { query, content } of turns) expect(markdown.text).toContain(`## ${query}\n\n${content}\n\n1. [`)
  expect(markdown.text).toContain(`](${quick.url}/docs/`)
  const json = await exported(page, 'JSON')
  expect(json.name).toBe('what-is-a-run.json')
  expect(JSON.parse(json.text)).toEqual({ title: 'What is a run?', turns })
  expect(problems).toEqual([])
})

async function exported(page: Page, form: string): Promise<{ readonly name: string; readonly text: string }> {
  await page.getByRole('button', { name: 'Export this conversation' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: form, exact: true }).click()])
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
}

test('the keyboard alone asks, begins new lines, stops, goes on, and begins anew; the news is said, the words are not', { timeout: 60_000 }, async (context) => {
  const { page, problems } = await tab(slow, context)
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(window, { said })
    const announcer = document.getElementById('announcer')
    if (announcer) new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, { childList: true, subtree: true, characterData: true })
  })
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('question-box')
  await page.keyboard.type('How does')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('a reader resume?')
  expect(await page.inputValue('#question-box')).toBe('How does\na reader resume?')
  await page.keyboard.press('Enter')
  await untilWritten(page, 40)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('question-box')
  await page.keyboard.press('Escape')
  await untilFinished(page)
  const cut = await keptAnswer(page)
  expect(cut.status).toBe('cancelled')
  await page.waitForFunction(() => document.getElementById('announcer')?.textContent === 'Stopped. What was written stays here.')
  const said = await page.evaluate(() => (window as Window & { said?: string[] }).said ?? [])
  expect(said.length).toBeLessThan(8)
  for (const words of said) expect(letters(cut.content)).not.toContain(letters(words))

  // Backwards from the box: curl, Regenerate, Copy, Ask again, Continue.
  for (let n = 0; n < 5; n += 1) await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Continue')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('question-box')
  await page.waitForSelector('.sources')
  await untilFinished(page)
  await expectWholeAnswer(page)

  // Leaving what is open leaves only that, and gives the keyboard back.
  const edit = newest(page).getByRole('button', { name: 'Edit this question and ask again' })
  await edit.focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('The question in other words').waitFor()
  await page.keyboard.press('Escape')
  await edit.waitFor()
  expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Edit this question and ask again')
  await page.keyboard.press('Alt+q')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('question-box')
  await page.keyboard.press('Alt+n')
  await page.waitForSelector('.welcome')
  expect(await page.evaluate(() => [document.activeElement?.id, location.hash])).toEqual(['question-box', ''])
  expect(problems).toEqual([])
})
