import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { createServer } from 'vite'
import { expect, test, vi } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { ask, shown, untilStatus } from '../support/chat-page.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'

const ANSWER = 'You asked: Why? A mill needs water. '

test('the page asks, is loaded again in the middle, and has the whole answer', async (context) => {
  const browser = await launchBrowser(engine('chromium', context))
  await using example = await startExample('react', { PACE: '100' })
  try {
    const { outputFiles } = await build({
      entryPoints: [join('examples', 'react', 'page.tsx')], bundle: true, write: false, format: 'iife', jsx: 'automatic', logLevel: 'error',
      define: { 'process.env.NODE_ENV': '"production"' },
    })
    const html = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Chat</title><div id="page"></div><script>${outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? ''}</script>`
    const { page, problems } = await openTab(browser)
    await page.route(`${example.url}/`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }))
    await page.goto(example.url)
    await ask(page, 'Why?')
    await page.waitForFunction(() => (document.querySelector('li:last-child .text')?.textContent ?? '').startsWith('You asked:'))
    await page.reload()
    await untilStatus(page, 'idle')
    expect([await shown(page), problems]).toEqual([[['user', 'Why?'], ['assistant', ANSWER]], []])
  } finally {
    await browser.close()
  }
})

test('Vite serves the page beside the server, whose answers come through', async (context) => {
  const browser = await launchBrowser(engine('chromium', context))
  await using example = await startExample('react', { PACE: '50' })
  const cacheDir = await mkdtemp(join(tmpdir(), 'millrace-vite-'))
  vi.stubEnv('SERVER', example.url)
  const site = await createServer({ root: join('examples', 'react'), cacheDir, logLevel: 'error', server: { port: 0 } })
  try {
    await site.listen()
    const { page } = await openTab(browser)
    await page.goto(site.resolvedUrls?.local[0] ?? '')
    await ask(page, 'Why?')
    await page.waitForFunction(() => (document.querySelector('li:last-child .text')?.textContent ?? '').startsWith('You asked:'))
    await page.reload()
    await untilStatus(page, 'idle')
    expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', ANSWER]])
  } finally {
    vi.unstubAllEnvs()
    await site.close()
    await browser.close()
    await rm(cacheDir, { recursive: true })
  }
})

test('the view does without a page and without React', async () => {
  await using example = await startExample('react', { PACE: '0' })
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['examples/react/view.mjs', example.url])
  expect([stdout, stderr]).toEqual([`${ANSWER}\n`, ''])
})
