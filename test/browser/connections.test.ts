import type { Browser } from 'playwright-core'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { compression, serve } from '../../packages/millrace/src/runtime/index.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { launchBrowser, openTab, type Tab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { Log } from '../support/log.ts'
import { Script } from '../support/script.ts'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

interface Site extends AsyncDisposable {
  readonly server: TestApp
  readonly tab: Tab
}

/** A page that follows runs with plain `EventSource`s: `follow(path)` adds one, `heard` is what each has said. */
async function openSite(context: TestContext): Promise<Site> {
  browser ??= launchBrowser(engine('chromium', context))
  const server = testApp({ runs: { answer: new Script().kind }, compress: compression, authenticate: () => 'ada' })
  const served = await serve({
    fetch: (request) => (server.app.serves(request) ? server.app.fetch(request) : new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } })),
  }, { port: 0 })
  const tab = await openTab(await browser)
  await tab.page.goto(served.url)
  await tab.page.evaluate(() => {
    const heard: string[] = []
    const sources: EventSource[] = []
    Object.assign(window, { heard, sources, follow: (path: string) => {
      const source = new EventSource(path)
      const index = sources.push(source) - 1
      heard[index] = ''
      source.onmessage = ({ data }: MessageEvent<string>) => { heard[index] = (heard[index] ?? '') + data }
    } })
  })
  return { server, tab, [Symbol.asyncDispose]: async () => {
    await tab.page.context().close()
    await server.app.close()
    await served.close()
  } }
}

function follow({ tab }: Site, log: Log): Promise<unknown> {
  return tab.page.evaluate(`follow('/runs/${log.run}?dialect=millrace')`)
}

function heard({ tab }: Site, index: number, text: string): Promise<unknown> {
  return tab.page.waitForFunction(`heard[${String(index)}].includes('${text}')`)
}

test('Chromium shows every token of a compressed stream before the next is said', async (context) => {
  await using site = await openSite(context)
  const log = await Log.begin(site.server.store)
  const answered = site.tab.page.waitForResponse((response) => response.url().includes('/runs/'))
  await follow(site, log)
  expect((await answered).headers()['content-encoding']).toBe('gzip')
  for (let n = 0; n < 20; n += 1) {
    await log.say(`token ${String(n)} `)
    await heard(site, 0, `token ${String(n)} `)
  }
  expect(site.tab.problems).toEqual([])
})

test('over HTTP/1.1 a browser opens six streams of a site, and the seventh waits for one to close', async (context) => {
  await using site = await openSite(context)
  const log = await Log.begin(site.server.store)
  for (let n = 0; n < 7; n += 1) await follow(site, log)
  for (let n = 0; n < 6; n += 1) await heard(site, n, 'start')
  expect(await site.tab.page.evaluate('sources[6].readyState')).toBe(0)
  await site.tab.page.evaluate('sources[0].close()')
  await heard(site, 6, 'start')
})
