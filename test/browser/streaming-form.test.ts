import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { PublicError } from '../../packages/millrace/src/index.ts'
import { getStreamingHtml, getStreamingJs, streamingScript, type StreamingScriptOptions } from 'millrace/html'
import { launchBrowser, openTab, type Tab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { htmlSite, type HtmlSite } from '../support/html-site.ts'
import { Script } from '../support/script.ts'

const MARKUP = '</div></script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">\u2028'
const SELF = "default-src 'self'; img-src data:"

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

interface Formed extends AsyncDisposable, Tab {
  readonly site: HtmlSite
  readonly script: Script
}

interface FormOptions extends BrowserContextOptions {
  readonly load?: StreamingScriptOptions
  readonly policy?: string
  readonly url?: string
  readonly action?: string
}

/** A page with a form, opened. */
async function openForm(context: TestContext, { load, policy = SELF, url = '/runs/answer', action = '/runs/answer', ...options }: FormOptions = {}): Promise<Formed> {
  browser ??= launchBrowser(engine('chromium', context))
  const script = new Script()
  const site = await htmlSite({ answer: script.kind })
  const { code, name } = streamingScript()
  site.put(`/${name}`, code, { 'Content-Type': 'text/javascript' })
  const form = `${String(getStreamingHtml('ask', 'Ask <b>me</b>', { action }))}${String(getStreamingJs('ask', url, load ?? { src: `/${name}` }))}`
  site.put('/', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>A form</title>${form}`, { 'Content-Security-Policy': policy })
  const tab = await openTab(await browser, options)
  await tab.page.goto(site.url)
  return { ...tab, site, script, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() }
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel('Ask <b>me</b>').fill(message)
  await page.click('text=Send')
}

function shown(page: Page, part: 'answer' | 'status', text: string): Promise<unknown> {
  return page.waitForFunction(([id, words]) => document.getElementById(id!)?.textContent === words, [`ask-${part}`, text])
}

async function keptRun(page: Page): Promise<{ status: string; text: string; input: unknown }> {
  const id = await page.evaluate(() => sessionStorage.getItem('millrace / ask'))
  return (await (await fetch(new URL(`/runs/${String(id)}`, page.url()))).json()) as { status: string; text: string; input: unknown }
}

const LOADS: readonly [string, FormOptions][] = [
  ['from a file, under `default-src self`', {}],
  ['inline, with a nonce', { load: { nonce: 'r4nd0m' }, policy: `${SELF}; script-src 'nonce-r4nd0m'` }],
]

test.for(LOADS)('the form streams its answer: the script %s', async ([, options], context) => {
  await using form = await openForm(context, options)
  const { page, script } = form
  await send(page, MARKUP)
  script.say('Hello ')
  await shown(page, 'answer', 'Hello ')
  expect(await page.getAttribute('#ask-answer', 'aria-busy')).toBe('true')
  expect(await page.isVisible('#ask-stop')).toBe(true)
  script.say(MARKUP, { type: 'source', title: MARKUP, url: 'javascript:window.hacked=3' }, { type: 'source', title: 'The mill', url: 'https://mill.example/' })
  script.end()
  await shown(page, 'status', 'Finished.')
  expect(await page.textContent('#ask-answer')).toBe(`Hello ${MARKUP}`)
  expect(await page.textContent('#ask-sources')).toBe(`${MARKUP}The mill`)
  expect(await page.locator('#ask-sources a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(['https://mill.example/'])
  expect(await page.getAttribute('#ask-answer', 'aria-busy')).toBe('false')
  expect(await page.isVisible('#ask-stop')).toBe(false)
  expect((await keptRun(page)).input).toEqual({ message: MARKUP })
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
  expect(form.problems).toEqual([])
})

test('a policy without the nonce, or another file than the one described, runs nothing', async (context) => {
  await using inline = await openForm(context, { load: {}, policy: SELF })
  expect(inline.problems.join()).toContain('script-src')
  await using changed = await openForm(context)
  changed.site.put(`/${streamingScript().name}`, `${streamingScript().code};`, { 'Content-Type': 'text/javascript' })
  await changed.page.reload()
  expect(changed.problems.join()).toContain('integrity')
})

test('a cut loses nothing and doubles nothing', async (context) => {
  await using form = await openForm(context)
  const { page, script, site } = form
  await send(page, 'x')
  script.say('one ')
  await shown(page, 'answer', 'one ')
  site.cut()
  script.say('two ')
  await shown(page, 'answer', 'one two ')
  script.end()
  await shown(page, 'status', 'Finished.')
  expect(await page.textContent('#ask-answer')).toBe('one two ')
  expect(script.starts).toBe(1)
  expect(site.asked.filter((request) => request.startsWith('POST'))).toHaveLength(1)
  expect(site.asked.at(-1)).toMatch(/^GET \/runs\/\S+ [0-9a-f]{8}-\d+$/)
})

test('a reload in mid-answer goes on with the same run, and an ended one is shown again', async (context) => {
  await using form = await openForm(context)
  const { page, script } = form
  await send(page, 'x')
  script.say('one ')
  await shown(page, 'answer', 'one ')
  await page.reload()
  await shown(page, 'answer', 'one ')
  script.say('two ')
  script.end()
  await shown(page, 'status', 'Finished.')
  await page.reload()
  await shown(page, 'status', 'Finished.')
  expect(await page.textContent('#ask-answer')).toBe('one two ')
  expect(script.starts).toBe(1)
})

test.for([['reached the server', 1], ['went nowhere', 0]] as const)('a reload before the start was answered goes on with it: what was sent %s', async ([, started], context) => {
  await using form = await openForm(context)
  const { page, script } = form
  await page.route('**/runs/answer', (route) => (started ? route.fetch().then(() => undefined) : undefined))
  await send(page, MARKUP)
  await expect.poll(() => script.starts).toBe(started)
  await page.waitForFunction(() => sessionStorage.getItem('millrace / ask sent') !== null)
  await page.unroute('**/runs/answer')
  await page.reload()
  script.say('one')
  await shown(page, 'answer', 'one')
  expect(script.starts).toBe(1)
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual(['millrace / ask'])
  expect((await keptRun(page)).input).toEqual({ message: MARKUP })
})

test('on a narrow screen nothing is wider than it, without any stylesheet', async (context) => {
  await using form = await openForm(context, { viewport: { width: 375, height: 600 } })
  await send(form.page, 'x')
  form.script.say('x'.repeat(500))
  form.script.end()
  await shown(form.page, 'status', 'Finished.')
  expect(await form.page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
})

test('what was refused is not sent again by a reload', async (context) => {
  await using form = await openForm(context, { url: '/runs/nothing' })
  await send(form.page, 'x')
  await shown(form.page, 'status', 'There is no run of this kind here.')
  expect(await form.page.evaluate(() => sessionStorage.length)).toBe(0)
})

test('one page asks one thing after another', async (context) => {
  await using form = await openForm(context)
  for (const [message, starts] of [['x', 1], ['y', 2], ['y', 3]] as const) {
    await send(form.page, message)
    if (starts === 1) form.script.end()
    await expect.poll(() => form.script.starts).toBe(starts)
    await shown(form.page, 'status', 'Finished.')
  }
})

test.for(['AAAAAAAAAAAAAAAAAAAAAA', 'no id'])('a form whose run is no more is as good as new: %s', async (kept, context) => {
  await using form = await openForm(context)
  const { page, script } = form
  await page.evaluate((id) => sessionStorage.setItem('millrace / ask', id), kept)
  await page.reload()
  await page.waitForFunction(() => sessionStorage.length === 0)
  await send(page, 'x')
  script.say('new')
  await shown(page, 'answer', 'new')
  expect(form.problems).toEqual([])
})

test('stop stops the work', async (context) => {
  await using form = await openForm(context)
  const { page, script } = form
  await send(page, 'x')
  script.say('one ')
  await shown(page, 'answer', 'one ')
  await page.click('#ask-stop')
  await shown(page, 'status', 'Stopped.')
  expect((await keptRun(page)).status).toBe('cancelled')
  expect(await page.isVisible('#ask-stop')).toBe(false)
  expect(await page.isEnabled('text=Send')).toBe(true)
})

test('a run that fails says so in its public words', async (context) => {
  await using form = await openForm(context)
  await send(form.page, 'x')
  form.script.fail(new PublicError('quota', `Enough for today. ${MARKUP}`))
  await shown(form.page, 'status', `Enough for today. ${MARKUP}`)
})

test('an endpoint that streams plain text is read as it is', async (context) => {
  await using form = await openForm(context, { url: '/plain' })
  form.site.put('/plain', `plain ${MARKUP}`, { 'Content-Type': 'text/plain' })
  await send(form.page, 'x')
  await shown(form.page, 'status', 'Finished.')
  expect(await form.page.textContent('#ask-answer')).toBe(`plain ${MARKUP}`)
})

test('with scripts off the browser draws the answer as it comes; a reload pays nothing, and stop stops', async (context) => {
  await using form = await openForm(context, { javaScriptEnabled: false })
  const { page, script, site } = form
  await send(page, 'x')
  script.say('Hello ', MARKUP)
  await page.waitForURL(/\/runs\/[\w-]{22}$/, { waitUntil: 'commit' })
  // The run has not ended: this is what a reader sees meanwhile.
  await page.getByText('Hello ').waitFor()
  expect(await page.locator('.text').innerText()).toBe(`Hello ${MARKUP}`)
  await page.reload({ waitUntil: 'commit' })
  await page.getByText('Hello ').waitFor()
  expect(script.starts).toBe(1)
  await page.getByText('Stop', { exact: true }).click()
  await page.getByText('Stopped.').waitFor()
  expect(await page.locator('.text').innerText()).toBe(`Hello ${MARKUP}`)
  expect(await page.getByText('Stop', { exact: true }).isVisible()).toBe(false)
  expect(await page.locator('img, script').count()).toBe(0)
  expect(site.asked.filter((request) => request.startsWith('POST'))).toHaveLength(2)
  expect(form.problems).toEqual([])
})

test('with scripts off, sending again from the page gone back to reads the same run, and other words are another', async (context) => {
  await using form = await openForm(context, { javaScriptEnabled: false })
  const { page, script } = form
  script.end()
  const runs: string[] = []
  for (const message of ['x', 'x', 'y']) {
    await send(page, message)
    await page.getByText('Finished.').waitFor()
    runs.push(page.url())
    await page.goBack()
  }
  expect(runs[0]).toBe(runs[1])
  expect(runs[2]).not.toBe(runs[0])
  expect(script.starts).toBe(2)
})

test('with scripts off what is refused is said on a page, from which one comes back to what was written', async (context) => {
  await using form = await openForm(context, { javaScriptEnabled: false, action: '/runs/nothing' })
  const { page } = form
  await send(page, MARKUP)
  await page.getByText('There is no run of this kind here.').waitFor()
  expect(await page.getByRole('link').getAttribute('href')).toBe(form.site.url.replace(/\/?$/, '/'))
  await page.goBack()
  expect(await page.inputValue('#ask-input')).toBe(MARKUP)
  expect(form.problems).toEqual([])
})
