import type { Browser } from 'playwright-core'
import { afterAll, describe, expect, test, vi, type TestContext } from 'vitest'
import { PublicError } from '../../packages/millrace/src/index.ts'
import { createClient } from '../../packages/millrace/src/client/client.ts'
import { launchBrowser } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { reactSite, rendered, type React, type ReactSite, type ReactSiteOptions } from '../support/react-site.ts'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

async function open(context: TestContext, options: ReactSiteOptions): Promise<ReactSite & { readonly run: string }> {
  browser ??= launchBrowser(engine('chromium', context))
  const site = await reactSite(await browser, context, options)
  return { ...site, run: (await createClient(site.site.url).start('answer', null)).id }
}

async function says({ page }: ReactSite, text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector('.text')?.textContent === wanted, text)
}

describe.each<React>(['React 19', 'React 18'])('useRun on %s', (react) => {
  test('a run is shown as it comes, over one connection, cut or not', async (context) => {
    await using shown = await open(context, { react })
    const { page, script, site, run } = shown
    await shown.show({ run: null })
    await page.waitForSelector('article', { state: 'attached' })
    await shown.show({ run })
    script.say({ type: 'status', status: 'reading', message: 'Reading about mills' }, 'A mill ')
    await says(shown, 'A mill ')
    expect(await page.textContent('[role="status"]')).toBe('Reading about mills')
    expect(site.asked.filter((one) => one.startsWith('GET /runs/'))).toHaveLength(1)
    site.cut()
    script.say({ type: 'source', title: 'Mills', url: 'https://mills.example' }, 'needs water.')
    script.end()
    await says(shown, 'A mill needs water.')
    await page.waitForSelector('article[data-status="completed"][data-connection="ended"]')
    expect(await page.textContent('li')).toBe('Mills')
    expect(await shown.complaints()).toEqual([])
  })

  test('stopped from the page, and left in the middle with nothing open', async (context) => {
    await using shown = await open(context, { react })
    const { page, script, run } = shown
    await shown.show({ run })
    script.say('so far')
    await says(shown, 'so far')
    await page.evaluate(() => stage.unmount())
    await vi.waitFor(async () => expect(await shown.left()).toEqual([0, 0]), 5_000)
    await shown.show({ run })
    await says(shown, 'so far')
    await page.click('text=Stop')
    await page.waitForSelector('article[data-status="cancelled"]')
    expect(await shown.complaints()).toEqual([])
  })

  test('a failure is shown, and never thrown into the page', async (context) => {
    await using shown = await open(context, { react })
    const { page, script, run } = shown
    await shown.show({ run })
    script.fail(new PublicError('dry', 'The mill is dry.'))
    await page.waitForSelector('article[data-status="failed"]')
    expect(await page.textContent('[role="alert"]')).toBe('The mill is dry.')
    await shown.show({ run: 'AAAAAAAAAAAAAAAAAAAAA_' })
    await page.waitForSelector('article[data-connection="failed"]')
    expect(await shown.complaints()).toEqual([])
  })

  test('what a server rendered is taken over without a word of complaint', async (context) => {
    const run = 'AAAAAAAAAAAAAAAAAAAAA_'
    await using shown = await open(context, { react, html: await rendered({ run }, react, context) })
    const mine = shown.run
    shown.script.say('so')
    await shown.page.evaluate((id) => stage.hydrate({ run: id }), mine)
    await says(shown, 'so')
    expect(await shown.complaints()).toEqual([])
  })
})

const TOKENS = 200_000
const WORD = 'water '

// How long its tasks are, docs/react.md says: a machine that does other things besides would say what it likes.
test.for([['as it is said', false], ['as it is found', true]] as const)('an answer of 200,000 tokens, %s: rendered no more often than the page is painted', { timeout: 120_000 }, async ([, isThere], context) => {
  await using shown = await open(context, { react: 'React 19' })
  const { page, script, run } = shown
  for (let at = 0; at < TOKENS; at += 1_000) script.say(...Array.from({ length: 1_000 }, () => WORD))
  script.end()
  if (isThere) await createClient(shown.site.url).open(run).result
  const before = await page.evaluate(() => left.frames)
  await shown.show({ long: run })
  await page.waitForSelector('p[data-status="completed"]', { timeout: 100_000 })
  const { renders, frames } = await page.evaluate(() => ({ renders: stage.renders, frames: left.frames }))
  expect(Number(await page.getAttribute('p', 'data-length'))).toBe(TOKENS * WORD.length)
  // In StrictMode every rendering is done twice; the first and the last wait for no frame.
  expect(renders / 2).toBeLessThanOrEqual(frames - before + 3)
})

test('of a long answer as much is kept as is wanted', async (context) => {
  await using shown = await open(context, { react: 'React 19' })
  const { page, script, run } = shown
  await shown.show({ long: run, keep: 600 })
  for (let at = 0; at < 20; at += 1) script.say(...Array.from({ length: 100 }, () => WORD))
  script.end()
  await page.waitForSelector('p[data-status="completed"]')
  const [length, dropped] = await page.$eval('p', ({ dataset }) => [Number(dataset['length']), Number(dataset['dropped'])])
  expect(length + dropped).toBe(2_000 * WORD.length)
  expect(length).toBeLessThanOrEqual(1_200)
  expect(length).toBeGreaterThanOrEqual(600)
})
