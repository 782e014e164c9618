import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import type { TestContext } from 'vitest'
import { createChat, conversation, defineTurn, type Busy } from '../../packages/millrace/src/chat/index.ts'
import type { Stage, What } from '../react/page.tsx'
import { openTab, type Tab } from './browser.ts'
import { engine } from './engines.ts'
import { htmlSite, type HtmlSite } from './html-site.ts'
import { Script } from './script.ts'

const FOLDER = join(import.meta.dirname, '..', 'react')

export type React = 'React 19' | 'React 18'

/** A file of `test/react` in one script, on this React. */
async function bundled(file: string, react: React, context: Pick<TestContext, 'skip'>, platform: 'browser' | 'node'): Promise<string> {
  const folder = resolve(react === 'React 18' ? engine('react-18', context) : 'node_modules')
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, file)], bundle: true, write: false, jsx: 'automatic', logLevel: 'error', platform,
    format: platform === 'node' ? 'cjs' : 'iife', alias: { react: join(folder, 'react'), 'react-dom': join(folder, 'react-dom') },
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  return outputFiles[0]?.text ?? ''
}

/** What a server renders. */
export async function rendered(what: What, react: React, context: Pick<TestContext, 'skip'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-react-'))
  try {
    const file = join(folder, 'server.cjs')
    await writeFile(file, await bundled('server.tsx', react, context, 'node'))
    const { render } = createRequire(file)(file) as { render: (what: What) => string }
    return render(what)
  } finally {
    await rm(folder, { recursive: true })
  }
}

declare global {
  var stage: Stage
  var left: { streams: Set<AbortSignal>; timers: Set<number>; isHidden: boolean; frames: number }
}

/** A site with a chat whose answers a script says, and a tab that shows it by the hooks. */
export interface ReactSite extends AsyncDisposable, Tab {
  readonly site: HtmlSite
  readonly script: Script
  show(what: What, page?: Page): Promise<void>
  /** The page that was loaded anew, or another one of the same browser. */
  load(page?: Page): Promise<void>
  /** Requests that were not left, and timers that will fire. */
  left(): Promise<readonly [streams: number, timers: number]>
  /** What React and the page complained of. */
  complaints(): Promise<readonly string[]>
}

export interface ReactSiteOptions {
  readonly react: React
  readonly busy?: Busy
  /** What stands in the page before its script ran. */
  readonly html?: string
}

export async function reactSite(browser: Browser, context: Pick<TestContext, 'skip'>, { react, busy, html = '' }: ReactSiteOptions): Promise<ReactSite> {
  const bundle = await bundled('page.tsx', react, context, 'browser')
  const script = new Script()
  const { kind } = script
  const turn = defineTurn({ run: (asked) => kind.run(asked as never) })
  const site = await htmlSite({ conversation, turn, answer: kind }, { '/chat': createChat({ kind: 'turn', ...(busy && { busy }) }) })
  site.put('/', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Hooks</title><div id="page">${html}</div><script src="/page.js"></script>`)
  site.put('/page.js', bundle, { 'Content-Type': 'text/javascript' })
  const { page, problems } = await openTab(browser)
  await page.context().addInitScript(watch)
  await page.goto(site.url)
  return {
    page, problems, site, script,
    show: (what, on = page) => on.evaluate((shown) => stage.show(shown), what),
    async load(on = page) {
      await on.goto(site.url)
    },
    left: () => page.evaluate(() => [left.streams.size, left.timers.size] as const),
    complaints: async () => [...problems, ...(await page.evaluate(() => stage.problems))],
    async [Symbol.asyncDispose]() {
      await page.context().close()
      await site[Symbol.asyncDispose]()
    },
  }
}

/** Counts what the page leaves open, and lets it be hidden. */
function watch(): void {
  const left = { streams: new Set<AbortSignal>(), timers: new Set<number>(), isHidden: false, frames: 0 }
  Object.assign(globalThis, { left })
  Object.defineProperty(document, 'hidden', { get: () => left.isHidden })
  const asking = globalThis.fetch
  globalThis.fetch = (url, init) => {
    const signal = init?.signal
    if (signal) {
      left.streams.add(signal)
      signal.addEventListener('abort', () => left.streams.delete(signal))
    }
    return asking(url, init)
  }
  const set = globalThis.setTimeout
  const clear = globalThis.clearTimeout
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms?: number) => {
      const timer = set(() => {
        left.timers.delete(timer)
        run()
      }, ms) as unknown as number
      left.timers.add(timer)
      return timer
    },
    clearTimeout: (timer: number) => {
      left.timers.delete(timer)
      clear(timer)
    },
  })
  const paint = globalThis.requestAnimationFrame
  globalThis.requestAnimationFrame = (run) => (left.isHidden ? 0 : paint(run))
  const count = (): void => {
    left.frames += 1
    paint(count)
  }
  paint(count)
}
