import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'

const FOLDER = join(import.meta.dirname, '..', '..', 'examples', 'dialects')

/** A page with `useChat`, from the examples, in one script. */
export async function bundledChat(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, file)], bundle: true, write: false, format: 'iife', jsx: 'automatic', logLevel: 'error', conditions: ['browser'],
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  return outputFiles[0]?.text ?? ''
}

export function chatPage(script: string): string {
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>A chat</title><div id="chat"></div><script>${script.replaceAll('</script', '<\\/script')}</script>`
}

export async function ask(page: Page, words: string): Promise<void> {
  await page.getByLabel('Question').fill(words)
  await page.click('text=Ask')
}

/** The text of each message, by role. */
export function shown(page: Page): Promise<[string, string][]> {
  return page.$$eval('li', (items) => items.map((item): [string, string] => [item.dataset['role'] ?? '', [...item.querySelectorAll('.text')].map((part) => part.textContent).join('')]))
}

/** Waits until the last message has exactly this text. */
export async function says(page: Page, text: string): Promise<void> {
  await page.waitForFunction((words) => [...document.querySelectorAll('li:last-child .text')].map((part) => part.textContent).join('') === words, text)
}

export async function untilStatus(page: Page, status: string): Promise<void> {
  await page.waitForSelector(`main[data-status="${status}"]`)
}
