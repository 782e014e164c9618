import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMillrace, anyone, type AnyRunDefinition, type MillraceOptions } from '../../packages/millrace/src/index.ts'
import { serve } from '../../packages/millrace/src/runtime/node/serve.ts'
import { memory } from '../../packages/millrace/src/store/memory.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import { layWire } from './wire.ts'

/** A site of pages and runs behind a wire that can be cut, and who asked it for runs. */
export interface HtmlSite extends AsyncDisposable {
  readonly url: string
  readonly store: Store
  /** `METHOD path`, with the cursor where one was sent. */
  readonly asked: readonly string[]
  /** Serves a page, or anything else, at a path. */
  put(path: string, body: string, headers?: Readonly<Record<string, string>>): void
  cut(): void
  /** Answers the next request for a run with 503: a server that is going away. */
  refuseNext(): void
}

export async function htmlSite(
  runs: Readonly<Record<string, AnyRunDefinition>> = {}, routes: NonNullable<MillraceOptions<Record<string, AnyRunDefinition>>['routes']> = {},
): Promise<HtmlSite> {
  const store = memory()
  const app = createMillrace({ store, runs, routes, authenticate: anyone })
  const pages = new Map<string, () => Response>()
  const asked: string[] = []
  let refusing = false
  const server = await serve({
    fetch(request: Request) {
      const { pathname } = new URL(request.url)
      const page = pages.get(pathname)
      if (page) return Promise.resolve(page())
      const cursor = request.headers.get('Last-Event-ID')
      asked.push(`${request.method} ${pathname}${cursor === null ? '' : ` ${cursor}`}`)
      if (!refusing) return app.fetch(request)
      refusing = false
      return Promise.resolve(new Response(null, { status: 503 }))
    },
  }, { port: 0 })
  const wire = await layWire(server.port)
  return {
    url: wire.url, store, asked,
    put: (path, body, headers) => pages.set(path, () => new Response(body, { headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers } })),
    cut: () => wire.cut(),
    refuseNext: () => {
      refusing = true
    },
    async [Symbol.asyncDispose]() {
      wire.close()
      await server.close()
      await app.close()
    },
  }
}

export type Htmx = 2 | 4

const SCRIPTS: Readonly<Record<Htmx, readonly string[]>> = {
  2: ['htmx2/dist/htmx.js', 'htmx-ext-sse/sse.js'],
  4: ['htmx4/dist/htmx.js', 'htmx4/dist/ext/hx-sse.js'],
}

/** Puts a page at `/` that follows a run's HTML with this htmx. */
export function putHtmxPage(site: HtmlSite, htmx: Htmx, run: string, body: string = ''): void {
  for (const file of SCRIPTS[htmx]) {
    site.put(`/${file}`, readFileSync(join('node_modules', file), 'utf8'), { 'Content-Type': 'text/javascript' })
  }
  const scripts = SCRIPTS[htmx].map((file) => `<script src="/${file}"></script>`).join('')
  const from = `/runs/${run}?dialect=html`
  const connection = htmx === 2
    ? `<div hx-ext="sse" sse-connect="${from}" sse-close="done"><div id="run-${run}" sse-swap="message" hx-swap="none"></div></div>`
    : `<div id="run-${run}" hx-sse:connect="${from}" hx-sse:close="done" hx-swap="none"></div>`
  site.put('/', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>htmx</title>${scripts}<body>${connection}${body}`)
}
