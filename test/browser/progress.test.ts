import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test, vi } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'

/** The tree as it is shown: name, status, and how far. */
function shown(page: Page): Promise<string[]> {
  return page.locator('#tree li').evaluateAll((rows) => rows.map((row) => {
    const bar = row.querySelector('progress')
    return [row.querySelector('span')?.textContent, row.getAttribute('data-status'), bar?.getAttribute('aria-valuenow') ?? 'unknown'].join(' ')
  }))
}

/** The same moment after moment: somebody else may be at work. */
async function until(pages: readonly Page[], expected: (rows: string[]) => void): Promise<void> {
  await vi.waitFor(async () => {
    for (const page of pages) expected(await shown(page))
  }, { timeout: 20_000 })
}

async function move(page: Page, item: string, name: string): Promise<void> {
  await page.selectOption('select', { label: item })
  await page.click(`text=${name}`)
  await page.waitForSelector('#tree li')
}

test('a workflow, one step paused, one failing, one fed by a run, is the same in two tabs over a kill of its server', { timeout: 90_000 }, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-progress-'))
  const env = { LOG: join(folder, 'log.db'), PACE: '300' }
  const browser = await launchBrowser(engine('chromium', context))
  let example = await startExample('progress-workflow', env)
  try {
    const [one, other] = [await openTab(browser), await openTab(browser)]
    await one.page.goto(example.url)
    await one.page.click('text=Begin a new one')
    await one.page.waitForSelector('#tree li')
    await other.page.goto(one.page.url())
    const pages = [one.page, other.page]
    await other.page.evaluate(() => Object.assign(window, { sameDocument: true }))
    await move(one.page, 'carding', 'startItem')
    await move(one.page, 'carding', 'pauseItem')
    await until(pages, (rows) => {
      expect(rows).toContain('carding paused unknown')
      expect(rows.find((row) => row.startsWith('bobbins'))).toMatch(/^bobbins running ([5-9]|[1-9]\d)$/)
    })

    await example.kill()
    example = await startExample('progress-workflow', { ...env, PORT: new URL(example.url).port })
    await until(pages, (rows) => expect(rows).toEqual([
      'cloth running 50', 'carding paused unknown', 'spinning running 100', 'bobbins completed 100', 'weaving pending 0',
    ]))
    await move(one.page, 'weaving', 'startItem')
    await move(one.page, 'weaving', 'failItem')
    await move(one.page, 'carding', 'resumeItem')
    await move(one.page, 'carding', 'completeItem')
    await move(one.page, 'spinning', 'completeItem')
    await move(one.page, 'all of it', 'completeItem')
    await until(pages, (rows) => expect(rows).toEqual([
      'cloth completed 100', 'carding completed 100', 'spinning completed 100', 'bobbins completed 100', 'weaving failed 0',
    ]))
    // Nobody touched the other page, and it did not load anew.
    expect(await other.page.evaluate(() => 'sameDocument' in window)).toBe(true)
    expect(await one.page.locator('#tree').innerHTML()).toBe(await other.page.locator('#tree').innerHTML())
    expect([...one.problems, ...other.problems]).toEqual([])
  } finally {
    await browser.close()
    await example.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
