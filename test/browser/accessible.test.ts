import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import type { App } from '../support/application.ts'
import { ask, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

let app: App
let browser: Browser | undefined

beforeAll(async () => {
  app = await startApp('--store', 'memory:', '--pace', '40')
})
afterAll(async () => {
  await browser?.close()
  await app.kill()
})

/** What axe finds wrong, each as its rule and where. Things that move are looked at once they stand still. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(`${await readFile(AXE, 'utf8')}; undefined`)
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

test.for([
  { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', viewport: { width: 390, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 800 } },
] as const)('axe finds nothing wrong at any stage: %o', { timeout: 60_000 }, async (look, context) => {
  browser ??= await launchBrowser(engine('chromium', context))
  const { page, problems } = await openTab(browser, { ...look, reducedMotion: 'reduce' })
  await page.goto(app.url)
  await page.waitForSelector('.welcome')
  expect(await violations(page)).toEqual([])

  await ask(page, 'How does a reader resume?')
  await untilWritten(page, 100)
  expect(await violations(page)).toEqual([])
  await page.getByRole('switch').click()
  await page.waitForSelector('#connection[data-state="cut"]')
  expect(await violations(page)).toEqual([])
  await page.getByRole('switch').click()
  await page.waitForSelector('#missed')
  await page.click('[data-does="stop"]')
  await untilFinished(page)
  expect(await violations(page)).toEqual([])

  await page.getByRole('button', { name: 'Regenerate' }).click()
  await page.waitForSelector('.sources')
  await page.getByRole('button', { name: 'curl', exact: true }).click()
  await page.getByRole('button', { name: 'Edit this question and ask again' }).click()
  await page.getByRole('button', { name: 'Export this conversation' }).click()
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')

  if (look.viewport.width < 600) await page.getByRole('button', { name: 'Show the conversations' }).click()
  const row = page.locator('.row').first()
  await row.hover()
  await row.getByRole('button', { name: 'Delete' }).click()
  await page.click('#models summary')
  expect(await violations(page)).toEqual([])
  expect(problems).toEqual([])
})
