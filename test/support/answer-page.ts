import type { Page } from 'playwright-core'
import { expect } from 'vitest'

export async function ask(page: Page, question: string): Promise<void> {
  await page.fill('#question-box', question)
  await page.press('#question-box', 'Enter')
}

/** Waits until at least this many characters of the answer are shown. */
export async function untilWritten(page: Page, length: number): Promise<void> {
  await page.waitForFunction((least) => (document.getElementById('text')?.textContent.length ?? 0) >= least, length)
}

export async function untilFinished(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('text')?.ariaBusy === 'false')
}

export function shownText(page: Page): Promise<string> {
  return page.evaluate(() => document.getElementById('text')?.textContent ?? '')
}

export function runOf(page: Page): string {
  return new URL(page.url()).hash.slice(1)
}

interface Kept {
  readonly status: string
  readonly text: string
  readonly sources: readonly unknown[]
}

/** What the log says of the run that a page shows. */
export async function keptAnswer(page: Page): Promise<Kept> {
  const response = await fetch(new URL(`/runs/${runOf(page)}`, page.url()))
  expect(response.status).toBe(200)
  return (await response.json()) as Kept
}

/** The page draws marks as paragraphs, code and links: without them, both must be the same, letter by letter. */
export function letters(text: string): string {
  return text.replace(/[\s`[\]•]/g, '')
}

export async function expectWholeAnswer(page: Page): Promise<Kept> {
  const kept = await keptAnswer(page)
  expect(letters(kept.text).length).toBeGreaterThan(100)
  expect(letters(await shownText(page))).toBe(letters(kept.text))
  expect(await page.locator('#source-list li').count()).toBe(kept.sources.length)
  return kept
}
