import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import { ask, expectWholeAnswer, untilFinished } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const HOSTILE = `# Mill <img src=x onerror="window.hacked=1">

The mill <script>window.hacked=2</script> says \`<img src=x onerror=window.hacked=3>\` and &lt;b&gt; and [DONE].
The mill links to [a trap](javascript:window.hacked=4), [another](data:text/html,<script>window.hacked=5</script>) and
<a href="javascript:window.hacked=6">one more</a>.

The mill also has code:

\`\`\`html
</code></pre><script>window.hacked=7</script><svg onload=window.hacked=8>
\`\`\`
`

test('a hostile document is only words, in the answer and in the reader', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-hostile-'))
  await writeFile(join(folder, 'mill <img src=x onerror=alert(1)>.md'), HOSTILE)
  const browser = await launchBrowser(engine('chromium', context))
  const app = await startApp('--store', 'memory:', '--pace', '0', '--docs', folder)
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(app.url)
    await ask(page, 'What does the mill say, link to and have as code? <img src=x onerror="window.hacked=9">')
    await untilFinished(page)
    const { content } = await expectWholeAnswer(page)
    expect(content).toContain('window.hacked=7')
    await page.waitForSelector('.cite[href]')
    const links = await page.locator('main .answer a').evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''))
    expect(links.length).toBeGreaterThan(1)
    for (const link of links) expect(link.startsWith(`${app.url}/docs/`)).toBe(true)
    expect(await page.locator('main :is(img, script, b), main svg:not(.icon)').count()).toBe(0)
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)

    await page.goto(links[0] ?? '')
    expect(await page.textContent('main')).toContain('window.hacked=7')
    expect(await page.locator('main :is(img, script, svg, a[href^="javascript"], a[href^="data"])').count()).toBe(0)
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(problems).toEqual([])
  } finally {
    await browser.close()
    await app.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
