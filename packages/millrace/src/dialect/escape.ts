const SPECIAL = /[&<>"'\0\r]/g
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '\r': '&#13;', '\0': '\uFFFD',
}

/** Text as HTML that says the same, in content and in quoted attributes. A bare CR would end a line of SSE. */
export function escapeHtml(text: string): string {
  return text.replace(SPECIAL, (char) => ENTITIES[char] ?? char)
}

const SCHEME = /^([a-z][a-z0-9+.-]*):/i
const SAFE_SCHEMES: readonly string[] = ['http', 'https', 'mailto']

/** An address a link may lead to: the web, mail or this site; `null` for `javascript:` and every other scheme. */
export function safeUrl(url: string): string | null {
  // Browsers drop line ends and tabs wherever they stand, also inside the scheme, and spaces at the ends alone.
  const read = url.replace(/[\0-\x1f\x7f]+/g, '').trim()
  const scheme = SCHEME.exec(read)?.[1]
  return scheme === undefined || SAFE_SCHEMES.includes(scheme.toLowerCase()) ? read : null
}
