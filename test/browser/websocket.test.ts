import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { htmlSite } from '../support/html-site.ts'
import { Script } from '../support/script.ts'

/** A page that reads two runs over one socket, and counts the sockets. */
const PAGE = `
import { createClient } from './packages/millrace/src/client/index.ts'
import { overWebSocket } from './packages/millrace/src/client/websocket/index.ts'
window.sockets = 0
class Counted extends WebSocket {
  constructor(url) { super(url); window.sockets += 1 }
}
const client = createClient('/', { host: overWebSocket({ WebSocket: Counted }) })
for (const name of ['one', 'two']) {
  const run = await client.start('answer', name)
  const shown = document.body.appendChild(document.createElement('p'))
  shown.id = name
  void (async () => {
    for await (const text of run.text()) shown.append(text)
    shown.append(' (' + (await run.result).status + ')')
  })()
}
`

let browser: Browser | undefined
afterAll(() => browser?.close())

test('a page reads runs over one WebSocket, and on after a cut', async (context) => {
  browser = await launchBrowser(engine('chromium', context))
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: PAGE, resolveDir: process.cwd() }, bundle: true, format: 'esm', write: false, target: 'es2022',
  })
  const script = new Script()
  await using site = await htmlSite({ answer: script.kind })
  site.put('/page.js', bundle!.text, { 'Content-Type': 'text/javascript' })
  site.put('/', '<!doctype html><link rel="icon" href="data:,"><title>Sockets</title><script type="module" src="/page.js"></script>', {
    'Content-Security-Policy': "default-src 'self'; img-src data:",
  })
  const { page, problems } = await openTab(browser)
  await page.goto(site.url)
  const shows = (id: string, text: string): Promise<unknown> =>
    page.waitForFunction(([of, words]) => document.getElementById(of!)?.textContent === words, [id, text])

  script.say('<b>before ')
  await Promise.all([shows('one', '<b>before '), shows('two', '<b>before ')])
  expect(await page.evaluate('window.sockets')).toBe(1)
  site.cut()
  script.say('after')
  script.end()
  await Promise.all([shows('one', '<b>before after (completed)'), shows('two', '<b>before after (completed)')])
  expect(await page.evaluate('window.sockets')).toBe(2)
  expect(problems.filter((problem) => !problem.startsWith('WebSocket connection'))).toEqual([])
})
