import { html as honoHtml } from 'hono/html'
import { jsx } from 'hono/jsx'
import { h } from 'preact'
import { render } from 'preact-render-to-string'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asHtmlSays, decoded, hostileText } from '../../../../test/support/hostile-text.ts'
import { raw, type HtmlValue } from './markup.ts'
import { createOobStream, type OobElement } from './oob.ts'
import { html } from './template.ts'

const built = (...elements: readonly OobElement[]): string => String(createOobStream().addElements(elements).build())

test('an element without a target is there as it is', () => {
  const builder = createOobStream()
  expect(builder.elements).toEqual([])
  builder.addElement('Hello World')
  expect(builder.elements.map(String)).toEqual(['Hello World'])
  expect(builder.clear().elements).toEqual([])
})

test.each([
  [undefined, 'innerHTML'], ['innerHTML', 'innerHTML'], ['beforeend', 'beforeend'], ['afterbegin', 'afterbegin'], ['textContent', 'textContent'], ['delete', 'delete'],
] as const)('with a target it is carried there: mode %s', (mode, written) => {
  expect(built([html`<p>x</p>`, 'target', mode])).toBe(`<div id="target" hx-swap-oob="${written}"><p>x</p></div>`)
})

test.each([
  ['outerHTML', true, 'outerHTML'], ['outerHTML', false, 'outerHTML'], ['innerHTML', false, 'true'], ['beforeend', false, 'beforeend'],
] as const)('as %s with wrap %s it carries the id and the mode itself', (mode, wrap, written) => {
  expect(built([html`<p class="a">x</p>`, 'target', mode, wrap])).toBe(`<p id="target" hx-swap-oob="${written}" class="a">x</p>`)
  expect(built([html`<p id="target">x</p>`, 'target', mode, wrap])).toBe(`<p hx-swap-oob="${written}" id="target">x</p>`)
  expect(built([html`<!-- a -->\n<p ID=target>x</p>`, 'target', mode, wrap])).toContain(`<p hx-swap-oob="${written}" ID=target>`)
})

test('an element with an id of its own keeps it, and goes to the target all the same', () => {
  expect(built([html`<p id='own'>x</p>`, 'target', 'outerHTML'])).toBe(`<p hx-swap-oob="outerHTML:#target" id='own'>x</p>`)
  expect(built([html`<p id="own">x</p>`, 'target', 'innerHTML', false])).toBe('<p hx-swap-oob="outerHTML:#target" id="own">x</p>')
})

test.each([
  ['tr', 'tbody'], ['td', 'tr'], ['th', 'tr'], ['tbody', 'table'], ['col', 'colgroup'], ['TR', 'tbody'], ['option', 'div'], ['constructor', 'div'],
])('a carrier in which <%s> keeps its tag is a %s', (tag, carrier) => {
  expect(built([raw(`<${tag}></${tag}>`), 'target', 'beforeend'])).toBe(`<${carrier} id="target" hx-swap-oob="beforeend"><${tag}></${tag}></${carrier}>`)
})

test('many are added as lists of one to four', () => {
  const builder = createOobStream().addElements([
    [html`<p>1</p>`, 'id1', 'innerHTML', true], [html`<p>2</p>`, 'id2', 'beforeend'], [html`<p>3</p>`, 'id3'], [html`<p>4</p>`],
  ])
  expect(builder.elements.map(String)).toEqual([
    '<div id="id1" hx-swap-oob="innerHTML"><p>1</p></div>', '<div id="id2" hx-swap-oob="beforeend"><p>2</p></div>',
    '<div id="id3" hx-swap-oob="innerHTML"><p>3</p></div>', '<p>4</p>',
  ])
})

test('none build nothing, one builds itself, several follow one another, parts of tables first', () => {
  expect(built()).toBe('')
  expect(built([html`<p>1</p>`])).toBe('<p>1</p>')
  expect(built([html`<p>1</p>`], [html`<p>2</p>`])).toBe('<p>1</p><p>2</p>')
  expect(built([html`<p>1</p>`], [html`<tr></tr>`, 'a', 'outerHTML'], [html`<p>2</p>`], [html`<tr></tr>`, 'b', 'beforeend']))
    .toBe('<tr id="a" hx-swap-oob="outerHTML"></tr><tbody id="b" hx-swap-oob="beforeend"><tr></tr></tbody><p>1</p><p>2</p>')
})

test('calls follow one another, and a build changes nothing', () => {
  const builder = createOobStream().addElement('One').addElement('Two').clear().addElement('Three')
  expect([String(builder.build()), String(builder.build()), builder.elements.length]).toEqual(['Three', 'Three', 1])
})

test('elements come from hono/html, hono/jsx, preact and here', async () => {
  const expected = '<div id="a" hx-swap-oob="innerHTML"><b title="&quot;">&lt;i></b></div>'
  const made: readonly HtmlValue[] = [
    html`<b title="${'"'}">${'<i>'}</b>`, await honoHtml`<b title="${'"'}">${'<i>'}</b>`,
    jsx('b', { title: '"' }, '<i>'), raw(render(h('b', { title: '"' }, '<i>'))),
  ]
  for (const element of made) expect(built([element, 'a']).replace('&gt;', '>')).toBe(expected)
})

test('a string is text, wherever it goes', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const markup = built([text, 'target', 'beforeend'])
    const [, inside = ''] = /^<div id="target" hx-swap-oob="beforeend">([^<>]*)<\/div>$/.exec(markup) ?? []
    expect(decoded(inside)).toBe(asHtmlSays(text))
  }), { numRuns: 500 })
})

test('an id and a mode are ones that are allowed, or they are refused', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const plain = /^[A-Za-z_][\w-]*$/.test(text)
    const refused = expect.objectContaining({ name: 'MillraceError', code: 'invalid_request' }) as unknown
    if (!plain) expect(() => built(['x', text])).toThrow(refused)
    expect(() => built(['x', 'target', text as 'innerHTML'])).toThrow(refused)
  }), { numRuns: 500 })
})

test.each([
  ['text', 'x'], ['text behind which an element stands', html`x<p></p>`], ['nothing', null], ['an element that says already where it goes', html`<p hx-swap-oob="true"></p>`],
])('%s cannot take the place of an element', (_what, element) => {
  expect(() => built([element, 'target', 'outerHTML'])).toThrow(expect.objectContaining({ code: 'invalid_request' }))
})

test('a row of comments before an element, or before none, is read in one way', () => {
  const comments = '<!-- a --><!---->'.repeat(5_000)
  expect(built([raw(`${comments}<tr></tr>`), 'target'])).toMatch(/^<tbody id="target"/)
  // If comments could be taken together in any way, this would never end.
  expect(built([raw(`${comments}x`), 'target'])).toMatch(/^<div id="target"/)
})
