import { expect, test } from 'vitest'
import { posting, testApp, type TestApp } from '../../../../test/support/app.ts'
import { asHtmlSays, decoded, HOSTILE } from '../../../../test/support/hostile-text.ts'
import { expectProblem } from '../../../../test/support/problem.ts'
import { problemPage } from './problem-page.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const HTMX_4 = 'text/html, text/event-stream'

function formed(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), headers: { Accept: BROWSER, ...headers } }
}

/** A kind that refuses its input in words, and one whose check breaks in words that are nobody's. */
function picky(): TestApp {
  const check = (error: Error) => ({ '~standard': { validate: () => { throw error } } })
  const run = (): Promise<null> => Promise.resolve(null)
  return testApp({
    limits: { body: 100, streams: 0 },
    runs: {
      echo: { run }, broken: { input: check(new Error('secret')), run },
      picky: { input: { '~standard': { validate: () => ({ issues: [{ message: 'Not <b>so</b>.' }] }) } }, run },
    },
  })
}

async function expectPage(response: Response, status: number, words: RegExp): Promise<string> {
  const markup = await response.text()
  expect([response.status, response.headers.get('Content-Type')]).toEqual([status, 'text/html; charset=utf-8'])
  expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  expect(markup).toMatch(words)
  return markup
}

test('a browser’s form that is refused is answered with a page of the same status, in public words', async () => {
  await using server = picky()
  await expectPage(await server.ask('/runs/picky', formed({ message: 'x' })), 422, /<p role="alert">[^<]*Not &lt;b&gt;so&lt;\/b&gt;\./)
  await expectPage(await server.ask('/runs/echo', formed({ message: 'x'.repeat(200) })), 413, /larger than 100 bytes/)
  await expectPage(await server.ask('/runs/nothing', formed({ message: 'x' })), 404, /no run of this kind/)
  const nobody = await server.ask('/runs/echo', formed({ message: 'x' }, { 'X-User': '' }))
  expect(nobody.headers.get('WWW-Authenticate')).toBe('Bearer')
  await expectPage(nobody, 401, /who you are/)
  await expectPage(await server.ask('/runs/echo', formed({ message: 'x' }, { Origin: 'https://elsewhere.example' })), 403, /another site/)
  expect(await expectPage(await server.ask('/runs/broken', formed({ message: 'x' })), 500, /Something went wrong/)).not.toContain('secret')
  const { headers } = await server.ask('/runs/echo', formed({ message: 'x' }))
  const crowded = await server.ask(new URL(headers.get('Location') ?? '', 'http://localhost/runs/echo').pathname, { headers: { Accept: BROWSER } })
  expect(crowded.headers.get('Retry-After')).toBe('1')
  await expectPage(crowded, 429, /open streams/)
})

test('the page leads back to a page of this site, and to no other', async () => {
  await using server = picky()
  const from = async (Referer: string): Promise<string> => await (await server.ask('/runs/picky', formed({}, { Referer }))).text()
  expect(await from('http://localhost/ask?a=1&b="')).toContain('<a href="http://localhost/ask?a=1&amp;b=&quot;">')
  for (const other of ['https://elsewhere.example/', 'javascript:alert(1)', 'javascript://localhost/%0aalert(1)', '/ask', '']) {
    expect(await from(other)).toMatch(/back button/)
    expect(await from(other)).not.toContain('<a ')
  }
})

test('a program, and htmx, get the problem as JSON', async () => {
  await using server = picky()
  await expectProblem(await server.ask('/runs/picky', posting({}, { Accept: '*/*', Prefer: 'respond-async' })), 422, 'invalid_input', /Not/)
  await expectProblem(await server.ask('/runs/nothing', posting({}, { Accept: 'application/json, text/html', Prefer: 'respond-async' })), 404, 'unknown_kind')
  await expectProblem(await server.ask('/runs/AAAAAAAAAAAAAAAAAAAAAA?dialect=nothing', { headers: { Accept: HTMX_4 } }), 400, 'invalid_request')
})

test('whatever a problem says is only words', () => {
  const problem = { type: 'about:blank', title: 'T', status: 400, detail: 'MARK', code: 'x' }
  const plain = problemPage(problem, new Request('http://localhost/'))
  for (const detail of HOSTILE) {
    const markup = problemPage({ ...problem, detail }, new Request('http://localhost/'))
    expect(markup.replaceAll(/[^<>"\0\r]/g, '')).toBe(plain.replaceAll(/[^<>"\0\r]/g, ''))
    expect(decoded(markup)).toBe(decoded(plain).replaceAll('MARK', () => asHtmlSays(detail)))
  }
})
