import type { Browser, Page } from 'playwright-core'
import { afterAll, expect, test, type TestContext } from 'vitest'
import type { Entry } from '../../packages/millrace/src/index.ts'
import { redis } from '../../packages/millrace/src/store/redis/store.ts'
import { readLog } from '../fault/chaos/read-logs.ts'
import { ask, conversationOf, expectWholeAnswer, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { nginxBefore, servedBy } from '../support/behind-nginx.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { DONE, finish, text } from '../support/model/chat.ts'
import { hanging, startModelServer, streaming, type Answer } from '../support/model/server.ts'
import { startRedis } from '../support/redis-server.ts'
import { startTwo } from '../support/two-servers.ts'

const QUESTION = 'How does a reader resume?'
/** Each starts two servers, Redis and nginx, and a killed producer is missed after its lease. */
const TIMEOUT = { timeout: 180_000 }
/** So many words, and as many again, a model says. */
const HALF = 20

const CASES = (['SIGKILL', 'SIGTERM'] as const).flatMap((signal) => (['streams', 'produces'] as const).map((victim) => ({ signal, victim })))

let browser: Browser | undefined
afterAll(() => browser?.close())

async function openPage(url: string, context: TestContext): Promise<Awaited<ReturnType<typeof openTab>> & { readonly by: Served }> {
  browser ??= await launchBrowser(engine('chromium', context))
  const tab = await openTab(browser)
  const by = { streams: 0, produces: 0 }
  tab.page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    // Whoever takes a question works on it: here nobody waits for a place.
    if (pathname.endsWith('/turns') && response.request().method() === 'POST') by.produces = servedBy(response.headers())
    if (pathname.startsWith('/runs/') && response.ok()) by.streams = servedBy(response.headers())
  })
  await tab.page.goto(url)
  await tab.page.evaluate(() => Object.assign(window, { sameDocument: true }))
  return { ...tab, by }
}

/** Which server, by its port, does what for the newest answer. */
interface Served {
  readonly streams: number
  readonly produces: number
}

/** nginx gives requests to both servers in turn: asks until the page reads through the one that does not answer. */
async function askApart(page: Page, by: Served, length: number): Promise<void> {
  for (;;) {
    await ask(page, QUESTION)
    await untilWritten(page, length)
    if (by.streams !== by.produces) return
    await page.click('[data-does="stop"]')
    await untilFinished(page)
    await page.click('text=New conversation')
    await page.waitForSelector('.welcome')
  }
}

/** Every text the page shows of its answer, as it comes. */
async function watchText(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(window, { seen })
    const look = (): void => void seen.push(document.querySelector('.turn .text')?.textContent ?? '')
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
}

/** The only run of the conversation that the page shows, read straight from the store: its entries, one by one. */
async function loggedOf(page: Page, url: string): Promise<readonly Entry[]> {
  const store = redis(url)
  const [group = ''] = conversationOf(page).split('.')
  try {
    const answers = (await store.list({ group, limit: 10 })).filter(({ kind }) => kind === 'turn')
    expect(answers).toHaveLength(1)
    return (await readLog(store, answers[0]!)).entries.map(({ entry }) => entry)
  } finally {
    await store.close()
  }
}

/** What the last attempt said. */
function textOf(entries: readonly Entry[]): string {
  const begun = entries.findLastIndex((entry) => entry.type === 'attempt') + 1
  return entries.slice(begun).map((entry) => (entry.type === 'delta' && entry.kind === 'text' ? entry.text : '')).join('')
}

test.for(CASES)('documents answer, and the server that $victim ends by $signal: the page goes on, and shows the log, each word once', TIMEOUT, async ({ signal, victim }, context) => {
  await using kept = await startRedis(engine('redis-server', context))
  await using servers = await startTwo(['--store', kept.url, '--pace', '25'])
  await using proxy = await nginxBefore(engine('nginx', context), servers.ports)
  const { page, problems, by } = await openPage(proxy.url, context)
  await askApart(page, by, 80)
  await watchText(page)
  await servers.restart(by[victim], signal)
  await untilFinished(page)

  const entries = await loggedOf(page, kept.url)
  // Whoever took over went on after the tail: there is one attempt.
  expect(entries.filter(({ type }) => type === 'attempt')).toEqual([])
  expect((await expectWholeAnswer(page)).content).toBe(textOf(entries))
  const seen = await page.evaluate(() => (window as Window & { seen?: string[] }).seen ?? [])
  expect(seen.length).toBeGreaterThan(10)
  for (const [at, text] of seen.entries()) expect(text.startsWith(seen[at - 1] ?? '')).toBe(true)
  await expectUntouched(page)
  expect(problems).toEqual([])
})

test.for(CASES)('a model answers, and the server that $victim ends by $signal: the page shows the log, for one call of the model an attempt', TIMEOUT, async ({ signal, victim }, context) => {
  const model = new Speaker()
  await using kept = await startRedis(engine('redis-server', context))
  await using vendor = await startModelServer(model.answer)
  const flags = ['--store', kept.url, '--model', 'openai:test']
  await using servers = await startTwo(flags, (port) => ({ OPENAI_BASE_URL: `${vendor.url}/${String(port)}`, OPENAI_API_KEY: 'none' }))
  await using proxy = await nginxBefore(engine('nginx', context), servers.ports)
  const { page, problems, by } = await openPage(proxy.url, context)
  await askApart(page, by, 80)
  const before = vendor.asked.length
  expect(vendor.asked.at(-1)?.path).toBe(`/${String(by.produces)}/chat/completions`)
  await servers.restart(by[victim], signal)
  model.goOn()
  await untilFinished(page)

  const entries = await loggedOf(page, kept.url)
  const attempts = entries.flatMap((entry) => (entry.type === 'attempt' ? [entry.n] : []))
  // A model that cannot go on after its own words says others, from the start: once for each producer that was lost.
  expect(attempts).toEqual(victim === 'produces' ? [2] : [])
  expect(vendor.asked.length - before).toBe(attempts.length)
  expect(textOf(entries)).toBe(model.whole(vendor.asked.length))
  expect((await shownText(page)).trim()).toBe(textOf(entries).trim())
  await expectUntouched(page)
  expect(problems).toEqual([])
})

/** Nobody loaded the page anew, and it shows one answer. */
async function expectUntouched(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true)
  expect(await page.locator('.turn').count()).toBe(1)
}

/** A model that says other words each time it is asked: the first half at once, the others when it may. */
class Speaker {
  #calls = 0
  #goOn: () => void = () => undefined
  readonly #allowed = new Promise<void>((resolve) => (this.#goOn = resolve))

  readonly answer: Answer = async (asked) => {
    this.#calls += 1
    const words = this.#words(this.#calls)
    await hanging(...words.slice(0, HALF).map(text))(asked)
    await this.#allowed
    await streaming(...words.slice(HALF).map(text), finish('stop'), DONE)(asked)
  }

  goOn(): void {
    this.#goOn()
  }

  /** All that it says when it is asked the nth time. */
  whole(call: number): string {
    return this.#words(call).join('')
  }

  #words(call: number): string[] {
    return Array.from({ length: 2 * HALF }, (_, i) => `word${String(call)}x${String(i)} `)
  }
}
