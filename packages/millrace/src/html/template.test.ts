import { html as honoHtml } from 'hono/html'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asHtmlSays, decoded, hostileText } from '../../../../test/support/hostile-text.ts'
import { MillraceError } from '../event/error.ts'
import { raw, type HtmlValue } from './markup.ts'
import { html } from './template.ts'

/** A template whose pieces are not literals: what a test tries out. */
function fill(pieces: readonly string[], ...values: readonly HtmlValue[]): string {
  return String(html(Object.assign([...pieces], { raw: pieces }), ...values))
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return 'none'
}

test('text is escaped in content, in quoted attributes, in titles and in text areas', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const markup = String(html`<p title="${text}" class='${text}' data-x="a ${text} b">${text}</p><textarea>${text}</textarea><title>${text}</title>`)
    const found = /^<p title="([^"<>]*)" class='([^'<>]*)' data-x="a ([^"<>]*) b">([^<>]*)<\/p><textarea>([^<>]*)<\/textarea><title>([^<>]*)<\/title>$/.exec(markup)
    expect(found?.slice(1).map(decoded)).toEqual(Array<string>(6).fill(asHtmlSays(text)))
  }), { numRuns: 500 })
})

test('an address is one that a link may lead to, or it is refused', () => {
  fc.assert(fc.property(hostileText, (text) => {
    let markup: string
    try {
      markup = String(html`<a href="${text}">x</a>`)
    } catch (error) {
      expect(error).toMatchObject({ name: 'MillraceError', code: 'invalid_event' })
      return
    }
    const [, href = ''] = /^<a href="([^"<>]*)">x<\/a>$/.exec(markup) ?? []
    if (URL.canParse(decoded(href), 'https://mill.example/')) expect(new URL(decoded(href), 'https://mill.example/').protocol).toMatch(/^https?:|^mailto:/)
  }), { numRuns: 1000 })
})

test('values make up no address that neither of them is', () => {
  expect(codeOf(() => fill(['<a href="', '', '">'], 'javascript', ':alert(1)'))).toBe('invalid_event')
  expect(codeOf(() => fill(['<a href="', 'script', '">'], 'java', ':alert(1)'))).toBe('invalid_event')
  expect(codeOf(() => fill(['<a href="java', '">'], 'script:alert(1)'))).toBe('invalid_event')
  expect(codeOf(() => fill(['<a href="javascript:', '">'], 'alert(1)'))).toBe('invalid_event')
  expect(fill(['<a href="/runs/', '?a=', '">'], 'a:b', 'c:"')).toBe('<a href="/runs/a:b?a=c:&quot;">')
  expect(fill(['<a href="', '/runs/', '">'], 'https://x', 'y')).toBe('<a href="https://x/runs/y">')
})

test.each([
  ['a script', ['<script>', '</script>']],
  ['a style', ['<STYLE>', '</style>']],
  ['a comment', ['<!-- ', ' -->']],
  ['a doctype', ['<!doctype ', '>']],
  ['the name of an element', ['<', '>']],
  ['the rest of a name', ['<a', '>']],
  ['an end tag', ['</', '>']],
  ['the place of an attribute', ['<a ', '>']],
  ['the name of an attribute', ['<a data-', '="x">']],
  ['an unquoted attribute', ['<a title=', '>']],
  ['an unquoted attribute with a space', ['<a title = ', '>']],
  ['the end of an unquoted attribute', ['<a title=x', '>']],
  ['a handler', ['<a onclick="', '">']],
  ['a handler in capitals', ['<a ONCLICK="', '">']],
  ['htmx’s handler', ['<a hx-on:click="', '">']],
  ['htmx’s handler by another name', ['<a data-hx-on:click="', '">']],
  ['htmx’s values, which may be a script', ['<a hx-vals="', '">']],
  ['the same by another name', ['<a data-hx-vals="', '">']],
  ['a style attribute', ['<a style="', '">']],
  ['a page inside', ['<iframe srcdoc="', '">']],
  ['a list of sources', ['<img srcset="', '">']],
  ['a name every object has', ['<a __proto__="', '">']],
  ['a name nobody knows', ['<a constructor="', '">']],
])('a value in %s is refused', (_where, pieces) => {
  expect(codeOf(() => fill(pieces, 'x'))).toBe('invalid_event')
})

test.each([
  ['script', 'src'], ['link', 'href'], ['base', 'href'], ['embed', 'src'], ['SCRIPT', 'SRC'],
])('what <%s> loads may be named by a value, and is of the own site', (element, attribute) => {
  const to = (url: string): string => fill([`<${element} ${attribute}="`, '">'], url)
  expect(to('/board.js?v=1&w')).toBe(`<${element} ${attribute}="/board.js?v=1&amp;w">`)
  expect(to('a/board.js')).toBe(`<${element} ${attribute}="a/board.js">`)
  for (const url of ['https://eve.example/x.js', '//eve.example/x.js', '/\\eve.example/x.js', '\\\\eve.example', ' //eve.example', '/\t/eve.example', 'http:/x']) {
    expect(codeOf(() => to(url))).toBe('invalid_event')
  }
  expect(fill([`<${element} ${attribute}="/assets/`, '">'], '/x.js')).toBe(`<${element} ${attribute}="/assets//x.js">`)
  expect(fill([`<${element} ${attribute}="https://cdn.example/v1/`, '">'], 'x.js')).toBe(`<${element} ${attribute}="https://cdn.example/v1/x.js">`)
  for (const before of ['/', '//', 'https://', 'https://cdn', 'a']) expect(codeOf(() => fill([`<${element} ${attribute}="${before}`, '">'], '/eve.example'))).toBe('invalid_event')
})

test('what stands before a value is read as a browser reads it', () => {
  expect(fill(['<!-- <script> --><p>1 < 2 ', '</p>'], 'x')).toBe('<!-- <script> --><p>1 < 2 x</p>')
  expect(fill(['<script>if (a < b) "<p>"</script>', ''], '<')).toBe('<script>if (a < b) "<p>"</script>&lt;')
  expect(fill(["<a title='>' hidden checked=yes class=\"", '">'], '"')).toBe("<a title='>' hidden checked=yes class=\"&quot;\">")
  expect(fill(['<br/>', '<input value="a"/>', ''], '<', '<')).toBe('<br/>&lt;<input value="a"/>&lt;')
})

test('HTML is taken as it is, lists one after the other, nothing as nothing', () => {
  expect(String(html`${html`<b>${'<'}</b>`}${raw('<i>')}${['<', html`<hr>`, [1, 2n]]}${null}${undefined}${false}${true}${0}`)).toBe('<b>&lt;</b><i>&lt;<hr>120')
})

test('hono takes what is made here, and what hono makes is taken here', async () => {
  expect(String(html`<p>${honoHtml`<b>${'<'}</b>` as HtmlValue}</p>`)).toBe('<p><b>&lt;</b></p>')
  expect(String(await honoHtml`<p>${html`<b>${'<'}</b>`}</p>`)).toBe('<p><b>&lt;</b></p>')
})

test.each([
  ['an object', {}], ['an object from JSON', JSON.parse('{"isEscaped":true,"toString":"<b>"}')], ['an object that says it is HTML', { isEscaped: true }],
  ['a promise', Promise.resolve('x')], ['a promise of hono’s', honoHtml`${Promise.resolve('x')}`], ['a date', new Date(0)], ['an error', new Error('<b>')],
  ['a function', () => '<b>'], ['a symbol', Symbol('x')], ['a string that is an object', Object('<b>')],
])('%s is no HTML', (_what, value) => {
  expect(codeOf(() => html`${value as HtmlValue}`)).toBe('invalid_event')
})
