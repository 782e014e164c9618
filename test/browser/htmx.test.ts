import type { Browser, Page } from 'playwright-core'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { createOobStream } from '../../packages/millrace/src/html/oob.ts'
import { html } from '../../packages/millrace/src/html/template.ts'
import { launchBrowser, openTab, type Tab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { htmlSite, putHtmxPage, type Htmx } from '../support/html-site.ts'
import { Log } from '../support/log.ts'

const MARKUP = '</div></script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">\u2028'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

function shown(page: Page, selector: string, text: string): Promise<unknown> {
  return page.waitForFunction(([where, words]) => document.querySelector(where!)?.textContent === words, [selector, text])
}

/** Waits until the page was told that it is over. */
function untilClosed(page: Page): Promise<unknown> {
  return page.waitForFunction(() => 'closedBy' in window)
}

async function openPage(url: string, context: TestContext): Promise<Tab> {
  browser ??= launchBrowser(engine('chromium', context))
  const tab = await openTab(await browser)
  await tab.page.addInitScript(() => {
    for (const name of ['htmx:sseClose', 'htmx:sse:close']) document.addEventListener(name, () => Object.assign(window, { closedBy: name }))
  })
  await tab.page.goto(url)
  return tab
}

/** Whoever would come back has done so by now: as long as another page, which was cut, took to come back twice. */
async function untilAnotherCameBackTwice(htmx: Htmx, context: TestContext): Promise<void> {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run)
  const { page } = await openPage(site.url, context)
  await log.say('one ')
  await shown(page, '.run-text', 'one ')
  for (const text of ['one two ', 'one two two ']) {
    site.cut()
    await log.say('two ')
    await shown(page, '.run-text', text)
  }
  expect(site.asked).toHaveLength(3)
}

const VERSIONS: readonly Htmx[] = [2, 4]

test.for(VERSIONS)('htmx %i: one message changes several places, a bare table row among them', async (htmx, context) => {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run, `<p id="inner">old</p><p id="outer">old</p><p id="other">old</p><p id="taken">old</p><p id="after">x</p><p id="gone"></p>
    <table><tbody id="rows"><tr><td>0</td></tr></tbody></table><table><tbody><tr id="row"><td>old</td></tr></tbody></table><ul id="list"></ul>`)
  const { page, problems } = await openPage(site.url, context)
  const message = createOobStream()
    .addElements([[MARKUP, 'inner'], [html`<b>new</b>`, 'outer', 'outerHTML'], [html`<p id="own">own</p>`, 'other', 'outerHTML']])
    .addElements([[html`<i>taken</i>`, 'taken', 'innerHTML', false], [html`<hr>`, 'after', 'afterend'], [html``, 'gone', 'delete']])
    .addElement(html`<tr><td>1</td></tr><tr><td>2</td></tr>`, 'rows', 'beforeend')
    .addElement(html`<tr><td>new</td></tr>`, 'row', 'outerHTML')
    .addElement(html`<li>one</li>`, 'list', 'afterbegin')
  await log.say({ type: 'html', html: String(message.build()) })
  await shown(page, '#list', 'one')
  expect(await page.textContent('#inner')).toBe(MARKUP)
  expect(await page.innerHTML('#rows')).toBe('<tr><td>0</td></tr><tr><td>1</td></tr><tr><td>2</td></tr>')
  expect(await page.evaluate(() => [...document.querySelectorAll('#outer, #own, #other, #taken, #gone, #row')].map((element) => element.outerHTML.replace(/ class=""/, ''))))
    .toEqual(['<b id="outer">new</b>', '<p id="own">own</p>', '<i id="taken">taken</i>', '<tr id="row"><td>new</td></tr>'])
  expect(await page.locator('#after + hr').count()).toBe(1)
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
  expect(problems).toEqual([])
})

test.for(VERSIONS)('htmx %i: a run is drawn as it comes, letter by letter, and nothing in it is more than words', async (htmx, context) => {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run)
  const { page, problems } = await openPage(site.url, context)
  const pieces = ['Hel', 'lo', ' ', 'wor', 'ld', '\n', '\n  and ', MARKUP, ' ', '<b>', '&amp;', '🌍']
  await log.say({ type: 'status', status: 'searching', message: MARKUP })
  await shown(page, `[id="run-${log.run}-status"]`, MARKUP)
  for (const piece of pieces) await log.say(piece)
  await shown(page, '.run-text', pieces.join(''))
  await log.say({ type: 'source', title: MARKUP, url: 'java\nscript:window.hacked=3', excerpt: MARKUP }, { type: 'source', title: 'The mill', url: 'https://mill.example/?a=1&b="' })
  await log.say({ type: 'file', name: MARKUP, url: 'javascript:window.hacked=4' }, { type: 'error', error: { code: '__proto__', message: MARKUP } })
  await log.say({ type: 'progress', item: '__proto__', name: MARKUP, status: 'running', done: 1, total: 2 }, { type: 'delta', kind: 'reasoning', text: MARKUP })
  await log.end({ status: 'failed', error: { code: 'x', message: MARKUP } })
  await untilClosed(page)
  expect(await page.textContent(`[id="run-${log.run}-status"]`)).toBe(MARKUP)
  expect(await page.textContent('.run-sources')).toBe(`${MARKUP} ${MARKUP}The mill`)
  expect(await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(['https://mill.example/?a=1&b="'])
  expect(await page.locator('progress').evaluate((bar) => (bar as HTMLProgressElement).position)).toBe(0.5)
  expect(await page.textContent('.run-reasoning div')).toBe(MARKUP)
  expect(await page.locator('img, body script').count()).toBe(0)
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
  expect(problems).toEqual([])
})

test.for(VERSIONS)('htmx %i: a cut loses nothing and doubles nothing', { timeout: 60_000 }, async (htmx, context) => {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run, '<ul id="list"></ul>')
  const { page } = await openPage(site.url, context)
  const item = (n: number): { type: 'html'; html: string } =>
    ({ type: 'html', html: String(createOobStream().addElement(html`<li>${n}</li>`, 'list', 'beforeend').build()) })
  await log.say('one ', item(1))
  await shown(page, '#list', '1')
  for (const n of [2, 3]) {
    site.cut()
    await log.say('more ', item(n))
    await shown(page, '#list', '123'.slice(0, n))
  }
  await log.end()
  await untilClosed(page)
  expect(await page.textContent('.run-text')).toBe('one more more ')
  expect(site.asked.length).toBeGreaterThanOrEqual(3)
  for (const request of site.asked.slice(1)) expect(request).toMatch(/ [0-9a-f]{8}-\d+/)
})

test.for(VERSIONS)('htmx %i: a log that was begun anew wipes what it said before', { timeout: 60_000 }, async (htmx, context) => {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run)
  const { page } = await openPage(site.url, context)
  await log.say('one ')
  await shown(page, '.run-text', 'one ')
  await log.beginAnew(2)
  await log.say('two ')
  await shown(page, '.run-content', 'two ')
})

test.for(VERSIONS)('htmx %i: given up and come back, with its cursor or without, nothing stands twice', { timeout: 60_000 }, async (htmx, context) => {
  await using site = await htmlSite()
  const log = await Log.begin(site.store, 'anyone')
  putHtmxPage(site, htmx, log.run)
  const { page } = await openPage(site.url, context)
  await log.say('one ', { type: 'source', title: 'The mill' })
  await shown(page, '.run-sources', 'The mill')
  site.refuseNext()
  site.cut()
  await log.say('two ')
  await shown(page, '.run-text', 'one two ')
  await log.end()
  await untilClosed(page)
  expect(site.asked).toHaveLength(3)
  // A browser’s own EventSource is dead after 503, and the new one that htmx 2 makes knows no cursor.
  expect(site.asked[2]?.split(' ')).toHaveLength(htmx === 2 ? 2 : 3)
  expect([await page.textContent('.run-text'), await page.textContent('.run-sources')]).toEqual(['one two ', 'The mill'])
  expect(await page.locator('.run-status, .run-content, .run-sources').count()).toBe(3)
})

test('a run that is not there is asked for once, and one that vanished once more', { timeout: 60_000 }, async (context) => {
  await Promise.all(VERSIONS.map(async (htmx) => {
    await using nothing = await htmlSite()
    await using site = await htmlSite()
    putHtmxPage(nothing, htmx, 'AAAAAAAAAAAAAAAAAAAAAA')
    const log = await Log.begin(site.store, 'anyone')
    putHtmxPage(site, htmx, log.run)
    const [{ page: empty, problems }, { page }] = [await openPage(nothing.url, context), await openPage(site.url, context)]
    await log.say('one ')
    await shown(page, '.run-text', 'one ')
    await site.store.delete(log.run)
    site.cut()
    await Promise.all([untilClosed(empty), untilClosed(page)])
    await untilAnotherCameBackTwice(htmx, context)
    expect(nothing.asked).toEqual(['GET /runs/AAAAAAAAAAAAAAAAAAAAAA'])
    expect(await empty.textContent('.run-status')).toBe('There is no such run.')
    expect(site.asked).toHaveLength(2)
    expect([await page.textContent('.run-text'), await page.textContent('.run-status')]).toEqual(['one ', 'This run was here; its data has expired or was deleted.'])
    expect(problems).toEqual([])
  }))
})

test('the end is the end: nobody comes back', { timeout: 60_000 }, async (context) => {
  await Promise.all(VERSIONS.map(async (htmx) => {
    await using site = await htmlSite()
    const log = await Log.begin(site.store, 'anyone')
    putHtmxPage(site, htmx, log.run)
    const { page, problems } = await openPage(site.url, context)
    await log.say('all')
    await log.end()
    await untilClosed(page)
    await untilAnotherCameBackTwice(htmx, context)
    expect(site.asked).toEqual([`GET /runs/${log.run}`])
    expect(problems).toEqual([])
  }))
})
