import fc from 'fast-check'

/** What has broken out of somebody's page or stream before. */
const PIECES = [
  '</script>', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '"', "'", '`', '<', '>', '&', '&amp;', '=', '/', ' ', '<!--', '-->',
  '\r', '\n', '\r\n', '\n\n', '\0', '\u2028', '\u2029', '\u202e', '\ud800', '\udc00', '🌍', 'javascript:alert(1)', 'data:text/html,x', '__proto__',
  'constructor', 'onclick=', 'hx-on:click=', 'hx-swap-oob="true"', 'id: 9', 'event: done', 'data: x', '</textarea>', '</div>', '<tr>', ']]>', 'é', 'a',
]

/** One of each sort, for tables. */
export const HOSTILE: readonly string[] = [
  '\r', '\n', '\r\n', '\0', '\u2028', '\u2029', '\ud800', '\udc00', '\ufeff', '</script><script>alert(1)</script>', '<img src=x onerror=alert(1)>', '<!--',
  'javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', '__proto__', 'constructor', '" onclick="alert(1)', "'", '`', '\\', '&lt;', ']]>',
  'x\n\nid: 9\nevent: end\ndata: {}\n\n', '{"type":"end","status":"completed"}', '$&', '\u001b[2J', 'msg_RUN',
  // Their low bytes are CR and LF.
  'x\u010d\u010aevent: end',
]

export const hostileText: fc.Arbitrary<string> = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 })
  .map((pieces) => pieces.join(''))

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#13': '\r' }

/** What a parser makes of text and attribute values that hold no tags. */
export function decoded(html: string): string {
  return html.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
}

/** What a text may be at most after HTML: the same, but for what HTML has no way to say. */
export function asHtmlSays(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}
