import { expect, test } from 'vitest'
import { toAsset } from './responses.ts'
import { toDocument } from './search/passages.ts'
import { SearchIndex } from './search/search-index.ts'
import { createSite } from './site.ts'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const assets = new Map([
  ['/', toAsset(bytes('<p>page'), 'text/html; charset=utf-8', false)],
  ['/style-ABCDEFGH.css', toAsset(bytes('p{}'), 'text/css', true)],
])
const index = new SearchIndex([toDocument('docs/a b.md', '# Hello\n\nWords.')])

function ask(path: string, headers: Record<string, string> = {}, options: { allowHosts?: string[]; behindProxy?: boolean; method?: string } = {}): Promise<Response> {
  const { allowHosts = [], behindProxy = false, method = 'GET' } = options
  const runs = { fetch: () => Promise.resolve(new Response('from the runs', { status: 404 })) }
  const site = createSite({ assets, index, models: () => ({ current: 'extract', models: [] }), runs, allowHosts, behindProxy })
  return site.fetch(new Request(`http://127.0.0.1:8787${path}`, { method, headers }))
}

test('serves the page with a strict policy', async () => {
  const response = await ask('/')
  expect(await response.text()).toBe('<p>page')
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(response.headers.get('cache-control')).toBe('no-cache')
})

test('keeps files named by their content for ever, and answers 304 for a known tag', async () => {
  const response = await ask('/style-ABCDEFGH.css')
  expect(response.headers.get('cache-control')).toContain('immutable')
  const tag = response.headers.get('etag') ?? ''
  expect((await ask('/style-ABCDEFGH.css', { 'if-none-match': `"x", W/${tag}` })).status).toBe(304)
  expect((await ask('/style-ABCDEFGH.css', { 'if-none-match': '"x"' })).status).toBe(200)
})

test('HEAD says what GET would send, and other methods are refused', async () => {
  const head = await ask('/', {}, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', ''])
  expect((await ask('/', {}, { method: 'POST' })).status).toBe(405)
})

test('shows documents of the index and nothing else', async () => {
  const response = await ask('/docs/docs/a%20b.md')
  expect(await response.text()).toContain('<section id="hello">')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  for (const path of ['/docs/package.json', '/docs/..%2f..%2fetc%2fpasswd', '/docs/%2e%2e/package.json', '/docs/%zz', '/docs/']) {
    expect((await ask(path)).status).toBe(404)
  }
})

test('leaves the rest to the runs', async () => {
  expect(await (await ask('/runs/x')).text()).toBe('from the runs')
})

test.each(['evil.example', 'evil.example:8787', '127.0.0.1.evil.example', '10.0.0.1', ''])('refuses the foreign host %j', async (host) => {
  expect((await ask('/', { host })).status).toBe(403)
  expect((await ask('/runs', { host })).status).toBe(403)
})

test.each(['localhost:8787', '127.0.0.1', '[::1]:8787', 'LOCALHOST', 'mill.example:80'])('answers the host %j', async (host) => {
  expect((await ask('/', { host }, { allowHosts: ['mill.example'] })).status).toBe(200)
})

test.each([
  'Forwarded', 'X-Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Anything', 'X-Original-Forwarded-For',
  'Via', 'X-Real-IP', 'X-Client-IP', 'X-Cluster-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'Fastly-Client-IP', 'CDN-Loop',
])('refuses %s unless behind a proxy', async (name) => {
  expect((await ask('/', { [name]: 'x' })).status).toBe(403)
  expect((await ask('/', { [name]: 'x' }, { behindProxy: true })).status).toBe(200)
})
