import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, expect, test, type TestContext } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const PROCESSORS = 'packages/millrace/src/client/processors/index.ts'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

/** A page in which `processors` is all of `millrace/processors`, and `coming(texts)` says one text a turn. */
async function openPage(context: TestContext): Promise<Page> {
  browser ??= launchBrowser(engine('chromium', context))
  const bundle = await build({ entryPoints: [PROCESSORS], bundle: true, write: false, format: 'iife', globalName: 'processors', external: ['gpt-tokenizer'] })
  const { page } = await openTab(await browser)
  await page.addScriptTag({ content: bundle.outputFiles[0]!.text })
  await page.addScriptTag({ content: 'async function* coming(texts) { for (const text of texts) { await new Promise((resolve) => setTimeout(resolve)); yield text } }' })
  return page
}

test('in Chromium keywords, code and Markdown come to what they come to in Node', async (context) => {
  const page = await openPage(context)
  const html = await page.evaluate(`(async () => {
    const { codeBlocks, highlight, markdown, toHtml } = processors
    const texts = ['The mi', 'll <b> dé', 'jà 税', '率\\n\`', '\`\`js\\nmi', 'll\\n\`\`', '\`\\n[a](', 'b) 😀'.slice(0, 4), '😀'.slice(1)]
    let html = ''
    for await (const piece of toHtml(highlight(codeBlocks(markdown(coming(texts))), ['mill', 'de', '税率']))) html += piece
    return html
  })()`)
  expect(html).toBe('The <mark>mill</mark> &lt;b&gt; déjà <mark>税率</mark>\n<pre><code class="language-js">mill\n</code></pre>[a](b) 😀')
})

test('a page that takes a frame at a time is painted once for all that came in it', async (context) => {
  const page = await openPage(context)
  const { text, updates, paints } = await page.evaluate<{ text: string; updates: number; paints: number }>(`(async () => {
    let [text, updates, paints] = ['', 0, 0]
    requestAnimationFrame(function count() { paints += 1; requestAnimationFrame(count) })
    for await (const pieces of processors.frames(coming(Array.from({ length: 200 }, (_, n) => n + ' ')))) {
      text += pieces.join('')
      updates += 1
    }
    return { text, updates, paints }
  })()`)
  expect(text).toBe(Array.from({ length: 200 }, (_, n) => `${String(n)} `).join(''))
  // The last does not wait for a frame.
  expect(updates).toBeLessThanOrEqual(paints + 1)
})
