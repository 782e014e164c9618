import { expect, test } from 'vitest'
import { toDocument } from '../search/passages.ts'
import { documentPage } from './document-page.ts'
import { escapeHtml, safeHref } from './html.ts'

function page(text: string, name: string = 'docs/a.md'): string {
  const document = toDocument(name, text)
  const documents = new Map([document, toDocument('docs/b.md', '# B'), toDocument('README.md', '# R')].map((one) => [one.name, one]))
  return documentPage(document, { documents, style: '/style.css', icon: '/icon.svg' })
}

test('a hostile document is only words', () => {
  const html = page('# <img src=x onerror=alert(1)>\n\n<script>alert(2)</script> & `<b>` "quoted"\n\n```\n</code><script>3</script>\n```\n\n| <i> |\n|---|\n| \'x\' |', '<svg onload=1>.md')
  expect(html).not.toMatch(/<script|<img|<svg|<i>|onerror=alert\(1\)>/)
  expect(html).toContain('&lt;/code&gt;&lt;script&gt;3&lt;/script&gt;')
})

test.each([
  ['[x](javascript:alert(1))', null],
  ['[x](JaVaScRiPt:alert)', null],
  ['[x](data:text/html,x)', null],
  ['[x](vbscript:x)', null],
  ['[x](//evil.example)', null],
  ['[x](/etc/passwd)', null],
  ['[x](../../../etc/passwd)', null],
  ['[x](missing.md)', null],
  ['[x](https://example.com/?a=1&b="2")', 'https://example.com/?a=1&amp;b=%222%22'],
  ['[x](b.md#part)', '/docs/docs/b.md#part'],
  ['[x](../README.md)', '/docs/README.md'],
  ['[x](#here)', '#here'],
])('%s leads to %j', (markdown, href) => {
  const link = /<main[^>]*>.*<a href="([^"]*)"/s.exec(page(markdown))
  expect(link?.[1] ?? null).toBe(href)
})

test('each passage can be linked to', () => {
  const html = page('# One\n\nFirst.\n\n## Two\n\nSecond.')
  expect(html).toContain('<section id="one">\n<h1>One</h1>\n<p>First.</p>\n</section>')
  expect(html).toContain('<section id="two">\n<h2>Two</h2>')
})

test('escapes what ends a text or an attribute', () => {
  expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;')
  expect(safeHref('java\nscript:alert(1)')).toBeNull()
})
