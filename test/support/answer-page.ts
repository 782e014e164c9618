import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

export async function ask(page: Page, question: string): Promise<void> {
  await page.fill('#question-box', question)
  await page.press('#question-box', 'Enter')
}

/** The newest question with its answer. */
export function newest(page: Page): Locator {
  return page.locator('.turn').last()
}

/** Waits until at least this many characters of the newest answer are shown. */
export async function untilWritten(page: Page, length: number): Promise<void> {
  await page.waitForFunction((least) => ([...document.querySelectorAll('.turn .text')].at(-1)?.textContent.length ?? 0) >= least, length)
}

/** Waits until so many answers are shown, and the newest has its end. */
export async function untilFinished(page: Page, turns: number = 1): Promise<void> {
  await page.waitForFunction((count) => {
    const texts = [...document.querySelectorAll('.turn .text')]
    return texts.length >= count && texts.at(-1)?.ariaBusy === 'false'
  }, turns)
}

/** What is shown of the newest answer, without what stands on its blocks of code. */
export function shownText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const text = [...document.querySelectorAll('.turn .text')].at(-1)?.cloneNode(true) as Element | undefined
    for (const head of text?.querySelectorAll('figcaption, .unseen') ?? []) head.remove()
    return text?.textContent ?? ''
  })
}

export function conversationOf(page: Page): string {
  return new URL(page.url()).hash.slice(1)
}

interface Kept {
  readonly id: string
  readonly status: string
  readonly content: string
  readonly sources: readonly unknown[]
}

/** What the server keeps of the newest answer that a page shows. */
export async function keptAnswer(page: Page): Promise<Kept> {
  const response = await fetch(new URL(`/chat/conversations/${conversationOf(page)}/turns`, page.url()))
  expect(response.status).toBe(200)
  const { turns } = (await response.json()) as { readonly turns: readonly Kept[] }
  return turns.at(-1)!
}

/** The page draws marks as paragraphs, lists, code and links: without them, both must be the same, letter by letter. */
export function letters(text: string): string {
  return text.replace(/^\s*(?:[-*+]|```.*)(?:\s|$)/gm, '').replace(/[\s`[\]\\]/g, '')
}

/** The final text is the log's: that of the conversation, and that of the run itself. */
export async function expectWholeAnswer(page: Page): Promise<Kept> {
  const kept = await keptAnswer(page)
  const run = (await (await fetch(new URL(`/runs/${kept.id}`, page.url()))).json()) as { readonly text: string }
  expect(run.text).toBe(kept.content)
  expect(letters(kept.content).length).toBeGreaterThan(100)
  expect(letters(await shownText(page))).toBe(letters(kept.content))
  expect(await newest(page).locator('.sources li').count()).toBe(kept.sources.length)
  return kept
}
