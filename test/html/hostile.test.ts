import { expect, test } from 'vitest'
import { createOobStream, getStreamingHtml, getStreamingJs, html, streamingScript, type SwapMode } from 'millrace/html'
import { progressHtml, type ProgressSnapshot } from 'millrace/progress'
import { asHtmlSays, decoded, HOSTILE } from '../support/hostile-text.ts'

const MARK = 'MARK'
/** New in each page. */
const PAGE_KEY = / value="[\w.]{30,80}"/

const SHARE = { status: 'running', fraction: 0.5, remaining: null } as const
const treeOf = (name: string, message: string): ProgressSnapshot => ({
  ...SHARE, version: 1, ended: false, at: 0,
  items: [{ ...SHARE, id: 'a', run: 'r', parent: null, depth: 0, level: 'workflow', name, done: 1, total: 2, weight: 1, message }],
})

/** Whatever stands here is only words. */
const WORDS: Readonly<Record<string, (text: string) => unknown>> = {
  'the label of a form': (text) => getStreamingHtml('ask', text),
  'the name of its field': (name) => getStreamingHtml('ask', 'Ask', { name }),
  'the address a script sends to': (text) => getStreamingJs('ask', `/${text}`),
  'the address of a script': (src) => getStreamingJs('ask', '/', { src }),
  'the nonce of a script': (nonce) => getStreamingJs('ask', '/', { nonce }),
  'an element of a message': (text) => createOobStream().addElement(text).build(),
  'an element that goes to a target': (text) => createOobStream().addElement(text, 'target', 'beforeend').build(),
  'a value in content': (text) => html`<p>${text}</p>`,
  'a list in content': (text) => html`<p>${[text, 'b']}</p>`,
  'a value in an attribute': (text) => html`<p title="${text}"></p>`,
  'a value in a text area': (text) => html`<textarea>${text}</textarea>`,
  'the name of an item of progress': (name) => progressHtml(treeOf(name, '')),
  'the message of an item of progress': (message) => progressHtml(treeOf('a', message)),
}

test.each(Object.entries(WORDS))('%s is only words, whatever it is', (_where, write) => {
  const { code } = streamingScript()
  const written = (text: string): string => String(write(text)).replace(code, '').replace(PAGE_KEY, '')
  const plain = written(MARK)
  expect(plain).toContain(MARK)
  for (const text of HOSTILE) {
    const markup = written(text)
    // Every character that a parser acts on stands where it stood.
    expect(markup.replaceAll(/[^<>"\0\r]/g, '')).toBe(plain.replaceAll(/[^<>"\0\r]/g, ''))
    expect(decoded(markup)).toBe(decoded(plain).replaceAll(MARK, () => asHtmlSays(text)))
  }
})

const isId = (text: string): boolean => /^[A-Za-z_][\w-]*$/.test(text)

/** Whether a browser would go to the web or stay on this site. */
function isSafe(address: string): boolean {
  const base = 'https://mill.example/'
  return !URL.canParse(address, base) || /^(https?|mailto):$/.test(new URL(address, base).protocol)
}

/** What stands here is used as it is, or refused by a code. */
const REFUSED: Readonly<Record<string, readonly [code: string, fine: (text: string) => boolean, write: (text: string) => unknown]>> = {
  'the id of a form': ['invalid_request', isId, (id) => getStreamingHtml(id, 'Ask')],
  'the id of a script’s form': ['invalid_request', isId, (id) => getStreamingJs(id, '/')],
  'where a script sends to': ['invalid_request', isSafe, (url) => getStreamingJs('ask', url)],
  'a target': ['invalid_request', isId, (id) => createOobStream().addElement('x', id).build()],
  'a swap mode': ['invalid_request', () => false, (mode) => createOobStream().addElement('x', 'target', mode as SwapMode).build()],
  'the action of a form': ['invalid_event', isSafe, (action) => getStreamingHtml('ask', 'Ask', { action })],
  'an address in HTML': ['invalid_event', isSafe, (href) => html`<a href="${href}"></a>`],
}

test.each(Object.entries(REFUSED))('%s is used as it is, or refused', (_where, [code, fine, write]) => {
  const refused = HOSTILE.filter((text) => !fine(text))
  expect(refused.length).toBeGreaterThan(2)
  for (const text of HOSTILE) {
    if (refused.includes(text)) expect(() => write(text), text).toThrow(expect.objectContaining({ name: 'MillraceError', code }))
    else expect(String(write(text)).replaceAll(/<script[^>]*>[^]*<\/script>/g, ''), text).not.toMatch(/<script|<img|javascript:\w/)
  }
})
