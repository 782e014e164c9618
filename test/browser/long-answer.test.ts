import { expect, test } from 'vitest'
import { anyone, createMillrace, memory } from 'millrace'
import { conversation, createChat, defineTurn } from 'millrace/chat'
import { serve } from 'millrace/node'
import { loadAssets } from '../../packages/app/src/assets.ts'
import { SearchIndex } from '../../packages/app/src/search/search-index.ts'
import { createSite } from '../../packages/app/src/site.ts'
import { ask, newest, untilFinished } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const TOKENS = 200_000
const PART = [
  ...'# A heading of this part\n\n'.match(/.{1,5}|\n/g)!, ...'A paragraph with `code`, **weight** and a source [1], long enough to be one of those that people read.\n\n'.match(/.{1,5}|\n/g)!,
  ...'- first\n- second, with a [link](https://mill.example/)\n- third\n\n'.match(/.{1,5}|\n/g)!, ...'```js\nconst wheel = turn(water)\n\ngrind(wheel)\n```\n\n'.match(/.{1,5}|\n/g)!,
]

async function startLongApp(): Promise<Awaited<ReturnType<typeof serve>>> {
  const index = new SearchIndex([])
  const runs = createMillrace({
    store: memory(),
    runs: {
      conversation,
      turn: defineTurn({
        async *run() {
          for (let n = 0; n < TOKENS; n += 1) {
            // A fast model: the event loop turns once for some tokens.
            if (n % 40 === 0) await new Promise(setImmediate)
            yield PART[n % PART.length]!
          }
        },
      }),
    },
    routes: { '/chat': createChat({ kind: 'turn' }) },
    authenticate: anyone,
  })
  const assets = await loadAssets(new URL('../../packages/app/dist/page/', import.meta.url), index)
  return serve(createSite({ assets, index, models: () => ({ current: 'extract', models: [] }), runs, allowHosts: [], behindProxy: false }), { port: 0 })
}

interface Seen {
  readonly redrawn: number
  readonly tasks: readonly number[]
}

test('an answer of 200,000 tokens: what is finished is never drawn again, and is not laid out where it is out of sight', { timeout: 180_000 }, async (context) => {
  const browser = await launchBrowser(engine('chromium', context))
  const app = await startLongApp()
  try {
    const { page, problems } = await openTab(browser, { viewport: { width: 1200, height: 800 } })
    await page.goto(app.url)
    await page.waitForSelector('.welcome')
    await page.evaluate(() => {
      const seen = { redrawn: 0, tasks: [] as number[] }
      const settled = new WeakSet<Element>()
      Object.assign(window, { seen })
      new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))).observe({ type: 'longtask' })
      new MutationObserver((records) => {
        for (const { target } of records) {
          const section = (target instanceof Element ? target : target.parentElement)?.closest('.section')
          if (section && settled.has(section)) seen.redrawn += 1
        }
        for (const section of document.querySelectorAll('.section.settled')) settled.add(section)
      }).observe(document.body, { childList: true, subtree: true, characterData: true })
    })
    await ask(page, 'Everything about mills?')
    await page.waitForFunction(() => document.querySelectorAll('.section.settled').length > 100, undefined, { timeout: 120_000 })
    await untilFinished(page)
    const { redrawn, tasks } = await page.evaluate(() => (window as unknown as { seen: Seen }).seen)
    const sections = await page.locator('.section.settled').count()
    console.log(`${String(sections)} sections, ${String(redrawn)} redrawn, tasks over 50 ms: ${JSON.stringify(tasks)}`)
    expect(redrawn).toBe(0)
    expect(await newest(page).locator('pre').count()).toBe(Math.floor(TOKENS / PART.length))
    // Out of sight nothing is laid out: only near the end the browser did.
    const skipped = await page.evaluate(() => [...document.querySelectorAll('.section.settled > *')].filter((element) => !element.checkVisibility({ contentVisibilityAuto: true })).length)
    expect(skipped).toBeGreaterThan(1000)
    expect(problems).toEqual([])
  } finally {
    await browser.close()
    await app.close()
  }
})
