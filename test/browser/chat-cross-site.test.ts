import type { Browser, Page } from 'playwright-core'
import { afterAll, expect, test, vi } from 'vitest'
import { createChat, createSessions, conversation, defineTurn } from '../../packages/millrace/src/chat/index.ts'
import { createMillrace } from '../../packages/millrace/src/index.ts'
import { serve } from '../../packages/millrace/src/runtime/node/serve.ts'
import { memory } from '../../packages/millrace/src/store/memory.ts'
import type { Store } from '../../packages/millrace/src/store/store.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { patient } from '../support/chat-app.ts'
import { engine } from '../support/engines.ts'

const EMPTY = '<!doctype html><link rel="icon" href="data:,"><title></title>'
const HTML = { 'Content-Type': 'text/html' }

let browser: Browser | undefined
afterAll(() => browser?.close())

interface Site extends AsyncDisposable {
  readonly port: number
  readonly store: Store
  /** `METHOD with|without STATUS`: with a cookie or not. */
  readonly asked: readonly string[]
}

/** A chat that knows its visitor by a cookie, or, where `open`, takes everyone for the same one. */
async function chatSite(open: boolean): Promise<Site> {
  const store = memory()
  const sessions = createSessions({
    keys: { current: { id: 'one', secret: new Uint8Array(32).fill(7) } },
    authenticate: ({ headers }) => (open || (headers.get('Cookie') ?? '').includes('user=ada') ? 'ada' : null),
  })
  const app = createMillrace({
    store, authenticate: sessions.authenticate, runs: { conversation, turn: defineTurn({ run: patient }) },
    routes: { '/chat': createChat({ kind: 'turn', sessions }) }, logger: { warn: () => undefined, error: () => undefined },
  })
  const asked: string[] = []
  const server = await serve({
    fetch: async (request) => {
      const { pathname } = new URL(request.url)
      // A cookie as most are: it has no SameSite, so that a form of another site may bring it for two minutes.
      if (pathname === '/') return new Response(EMPTY, { headers: { ...HTML, 'Set-Cookie': 'user=ada; Path=/; HttpOnly' } })
      const response = await app.fetch(request)
      asked.push(`${request.method} ${request.headers.get('Cookie') === null ? 'without' : 'with'} ${String(response.status)}`)
      return response
    },
  }, { port: 0 })
  return {
    store, asked, port: server.port,
    async [Symbol.asyncDispose]() {
      await app.close()
      await server.close()
    },
  }
}

async function evilSite(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = await serve({ fetch: () => Promise.resolve(new Response(EMPTY, { headers: HTML })) }, { port: 0 })
  return { port: server.port, [Symbol.asyncDispose]: () => server.close() }
}

interface Target {
  readonly base: string
  readonly conversation: string
  readonly turn: string
}

/** All that a page can send by itself, to everything that would change something. Runs in the page. */
async function attack({ base, conversation: at, turn }: Target): Promise<void> {
  const posts: readonly (readonly [string, object])[] = [
    ['/chat/sessions', {}], ['/chat/conversations', { title: 'x' }], [`/chat/conversations/${at}/turns`, { query: 'quick' }],
    [`/runs/${turn}/signals`, { type: 'cancel' }], ['/runs/turn', { query: 'quick', parent: null }], ['/runs/conversation', { title: 'x' }],
  ]
  const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined)
  for (const [path, body] of posts) {
    const json = JSON.stringify(body)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      await quietly(fetch(base + path, { method: 'POST', mode: 'no-cors', credentials: 'include', body: json, headers: { 'Content-Type': type } }))
      const form = document.body.appendChild(document.createElement('form'))
      Object.assign(form, { method: 'POST', action: base + path, enctype: type, target: 'sink' })
      for (const [name, value] of Object.entries(body)) form.appendChild(Object.assign(document.createElement('input'), { name, value: String(value) }))
      const loaded = new Promise((resolve) => document.querySelector('iframe')?.addEventListener('load', resolve, { once: true }))
      form.submit()
      await loaded
    }
    await quietly(fetch(base + path, { method: 'POST', credentials: 'include', body: json, headers: { 'Content-Type': 'application/json' } }))
    navigator.sendBeacon(base + path, new Blob([json], { type: 'text/plain' }))
    await quietly(fetch(base + path, { method: 'POST', mode: 'no-cors', body: new URLSearchParams(body as Record<string, string>), keepalive: true }))
  }
  for (const path of [`/runs/${turn}`, `/chat/conversations/${at}`]) for (const method of ['DELETE', 'PATCH']) await quietly(fetch(base + path, { method, credentials: 'include' }))
  for (const path of ['/chat/stream', '/runs']) {
    const socket = new WebSocket(base.replace('http', 'ws') + path)
    await new Promise((resolve) => {
      socket.onclose = socket.onerror = resolve
      socket.onmessage = () => {
        document.title = 'a socket spoke'
      }
      socket.onopen = () => {
        document.title = 'a socket opened'
        for (const message of [{ query: 'quick', conversationId: at }, { type: 'cancel', ref: 'a', run: turn }]) socket.send(JSON.stringify(message))
        setTimeout(resolve, 500)
      }
    })
  }
}

/** What a visitor of the chat has, made by its own page: the very requests work there. */
async function visited(page: Page, base: string): Promise<Target> {
  await page.goto(`${base}/`)
  const made = await page.evaluate(async () => {
    const post = async (path: string, body: object, headers: object = {}): Promise<Record<string, string>> =>
      (await (await fetch(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } })).json()) as Record<string, string>
    const { conversationId = '' } = await post('/chat/conversations', { title: 'Mine' })
    const { id = '' } = await post(`/chat/conversations/${conversationId}/turns`, { query: 'slow' }, { Prefer: 'respond-async' })
    const { token = '' } = await post('/chat/sessions', {})
    const spoke = await new Promise<string>((resolve) => {
      const socket = new WebSocket(`${location.href.replace('http', 'ws')}chat/stream`)
      socket.onopen = () => socket.send(JSON.stringify({ turn: id }))
      socket.onmessage = ({ data }) => resolve(String(data))
    })
    return { conversation: conversationId, turn: id, token, spoke }
  })
  expect(made).toMatchObject({ token: expect.stringMatching(/^ey/) as string, spoke: expect.stringContaining('"isComplete":false') as string })
  return { base, conversation: made.conversation, turn: made.turn }
}

test.each([
  { open: false, host: '127.0.0.1', whose: 'of another port, with the visitor’s cookie' },
  { open: false, host: 'localhost', whose: 'of another site, with the cookie where a browser sends it' },
  { open: true, host: 'localhost', whose: 'of another site, without a cookie, where the server takes everyone' },
])('a page $whose starts and stops nothing', async ({ open, host }, context) => {
  browser ??= await launchBrowser(engine('chromium', context))
  await using site = await chatSite(open)
  await using evil = await evilSite()
  const { page } = await openTab(browser)
  const target = await visited(page, `http://127.0.0.1:${String(site.port)}`)
  const before = await site.store.list({ principal: 'ada', limit: 100 })
  expect(before.map(({ kind }) => kind).sort()).toEqual(['conversation', 'turn'])
  if (open) await page.context().clearCookies()
  const from = site.asked.length

  await page.goto(`http://${host}:${String(evil.port)}/`)
  await page.setContent('<iframe name="sink"></iframe>')
  await page.evaluate(attack, target)
  expect(await page.title()).toBe('')
  // A form that takes the whole page with it, as a click does: browsers send more cookies then.
  await page.evaluate(({ base, turn }) => {
    const form = document.body.appendChild(document.createElement('form'))
    Object.assign(form, { method: 'POST', action: `${base}/runs/${turn}/signals` })
    form.appendChild(Object.assign(document.createElement('input'), { name: 'type', value: 'cancel' }))
    form.submit()
  }, target)
  await page.waitForURL(/signals$/)

  const asked = site.asked.slice(from)
  expect(asked.length).toBeGreaterThan(40)
  expect(asked.filter((one) => !one.endsWith(' 403') && !one.startsWith('OPTIONS'))).toEqual([])
  expect(asked.some((one) => one.startsWith('POST with 403'))).toBe(!open)
  expect(asked.some((one) => one.startsWith('POST without 403'))).toBe(true)
  expect(await site.store.list({ principal: 'ada', limit: 100 })).toEqual(before)
  await vi.waitUntil(async () => (await site.store.find(target.turn))?.status === 'running')
  await page.context().close()
}, 60_000)
