/** Where a link may lead: the web, mail, and this application's own documents. Everything else, `javascript:` first, is no link. */
export function safeHref(href: string): string | null {
  if (!URL.canParse(href, location.href)) return null
  const url = new URL(href, location.href)
  if (url.origin === location.origin) return url.pathname.startsWith('/docs/') ? url.href : null
  return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null
}
