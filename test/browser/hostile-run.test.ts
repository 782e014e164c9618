import { expect, test } from 'vitest'
import { anyone, createMillrace, memory } from 'millrace'
import type { Said } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'
import { loadAssets } from '../../packages/app/src/assets.ts'
import { SearchIndex } from '../../packages/app/src/search/search-index.ts'
import { createSite } from '../../packages/app/src/site.ts'
import { ask, shownText, untilFinished } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const MARKUP = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">\u2028\u202e'
const HUGE = `${'[[`` '.repeat(10_000)}${'\n'.repeat(50_000)}${'[1]'.repeat(10_000)}\n${'a'.repeat(70_000)}`

const HOSTILE: readonly Said[] = [
  { type: 'question', message: MARKUP },
  { type: 'status', status: 'searching', message: MARKUP },
  { type: '__proto__', polluted: true },
  { type: 'constructor', text: MARKUP },
  // The library writes no type that JSON would escape.
  { type: MARKUP.replaceAll('"', ''), message: [null, { toString: 'x' }] },
  { type: 'progress', item: '__proto__', status: 'running', done: -5, total: 0 },
  { type: 'progress', item: MARKUP, status: 'running', done: 1e308, total: 1e-300 },
  { type: 'block_start', block: 0, kind: '__proto__', nth: 0 },
  { type: 'delta', block: 0, kind: '__proto__', nth: 0, text: MARKUP },
  { type: 'block_end', block: 0, kind: '__proto__', nth: 0 },
  { type: 'file', name: MARKUP, url: 'javascript:window.hacked=3' },
  { type: 'error', error: { code: '__proto__', message: MARKUP } },
  { type: 'block_start', block: 1, kind: 'text', nth: 0 },
  { type: 'delta', block: 1, kind: 'text', nth: 0, text: `${MARKUP} [1][2][3] ` },
  { type: 'delta', block: 1, kind: 'text', nth: 0, text: HUGE },
  { type: 'block_end', block: 1, kind: 'text', nth: 0 },
  ...['javascript:window.hacked=4', 'data:text/html,<script>window.hacked=5</script>', ' java\nscript:window.hacked=6', '//[', 'vbscript:x', 'blob:x']
    .map((url): Said => ({ type: 'source', title: MARKUP, url, excerpt: MARKUP, relevance: 1e9 })),
  { type: 'source', title: 'The mill', url: 'https://mill.example/' },
]

/** The application's own page before a server whose runs say what no honest one would. */
async function startHostileApp(): Promise<Awaited<ReturnType<typeof serve>>> {
  const index = new SearchIndex([])
  const runs = createMillrace({
    store: memory(),
    runs: {
      conversation,
      turn: defineTurn({
        async *run({ query }) {
          await Promise.resolve()
          if (query === 'honest') yield 'An honest answer.'
          else yield* HOSTILE
        },
      }),
    },
    routes: { '/chat': createChat({ kind: 'turn' }) },
    authenticate: anyone,
  })
  const assets = await loadAssets(new URL('../../packages/app/dist/page/', import.meta.url), index)
  return serve(createSite({ assets, index, models: () => ({ current: 'extract', models: [] }), runs, allowHosts: [], behindProxy: false }), { port: 0 })
}

test('a run whose log holds hostile values is only words, and the page goes on to the next answer', async (context) => {
  const browser = await launchBrowser(engine('chromium', context))
  const app = await startHostileApp()
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(app.url)
    await ask(page, MARKUP)
    await untilFinished(page)
    expect(await page.textContent('.turn h2')).toBe(MARKUP.trim())
    expect(await page.textContent('.stage-text')).toBe('Finished, from 7 sources')
    const text = await shownText(page)
    expect(text).toContain(`${MARKUP} 123 [[`)
    expect(text.replace(/\s/g, '')).toContain('a'.repeat(70_000))
    expect(await page.locator('.sources li').count()).toBe(7)
    const links = await page.locator('main .answer a[href]').evaluateAll((found) => [...new Set(found.map((link) => link.getAttribute('href') ?? ''))])
    for (const link of links) expect(link).toMatch(/^https?:/)
    expect(links).toContain('https://mill.example/')
    expect(await page.locator('main :is(img, script), main svg:not(.icon)').count()).toBe(0)

    await page.reload()
    await untilFinished(page)
    // A title is one line.
    expect(await page.locator('.conversations a').first().textContent()).toBe(MARKUP.replaceAll('\u2028', ' '))
    await ask(page, 'honest')
    await untilFinished(page, 2)
    expect(await shownText(page)).toBe('An honest answer.')
    expect(await page.evaluate(() => ['hacked' in window, 'polluted' in {}])).toEqual([false, false])
    expect(problems).toEqual([])
  } finally {
    await browser.close()
    await app.close()
  }
})
