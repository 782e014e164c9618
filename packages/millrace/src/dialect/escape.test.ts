import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asHtmlSays, decoded, hostileText } from '../../../../test/support/hostile-text.ts'
import { escapeHtml, safeUrl } from './escape.ts'

test('escaped text says the same and can end neither an element nor an attribute nor a line of SSE before its time', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const html = escapeHtml(text)
    expect(html).not.toMatch(/[<>"'\r\0]/)
    expect(decoded(html)).toBe(asHtmlSays(text))
  }), { numRuns: 1000 })
})

test.each([
  'https://mill.example/?a=1#b', 'http://x', '/docs/a.md', 'a.md', '../a', '#here', '?q=1', '//mill.example/', 'mailto:a@mill.example', '', 'HTTPS://x', 'a/b:c', '/docs/My file.pdf',
])('%s may be led to', (url) => {
  expect(safeUrl(url)).toBe(url)
})

test.each([
  'javascript:x', 'JavaScript:x', ' javascript:x', '\u0001javascript:x', 'java\nscript:x', 'java\tscript:x', 'java\0script:x', 'javascript\r:x', ' \n javascript:x', '\t \u0001 javascript:x',
  'data:text/html,x', 'vbscript:x', 'blob:x', 'file:///etc', 'x-scheme:y', 'filesystem:x',
])('%j may not', (url) => {
  expect(safeUrl(url)).toBeNull()
})

test('what is let through is no script to a browser either', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const url = safeUrl(text)
    if (url === null || !URL.canParse(url, 'https://mill.example/')) return
    expect(['http:', 'https:', 'mailto:']).toContain(new URL(url, 'https://mill.example/').protocol)
  }), { numRuns: 2000 })
})
