import { posix } from 'node:path'
import type { Span } from '../markdown/inline.ts'
import type { Block } from '../markdown/blocks.ts'
import type { Document, Passage } from '../search/passages.ts'
import { escapeHtml, safeHref } from './html.ts'
import { documentUrl } from './url.ts'

export interface Site {
  readonly documents: ReadonlyMap<string, Document>
  /** The address of the stylesheet. */
  readonly style: string
  readonly icon: string
}

/** A document as a page of its own: plain HTML, every word escaped, the cited passage marked by `:target`. */
export function documentPage(document: Document, site: Site): string {
  const links = new Links(document.name, site.documents)
  const body = document.passages.map((passage) => passageHtml(passage, links)).join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(document.title)} · Millrace</title>
<link rel="icon" href="${escapeHtml(site.icon)}">
<link rel="stylesheet" href="${escapeHtml(site.style)}">
</head>
<body class="reader">
<header class="reader-head"><a href="/">← Ask a question</a><span>${escapeHtml(document.name)}</span></header>
<main class="document">
${body}
</main>
</body>
</html>
`
}

/** What a link in a document leads to, or `null` where it leads nowhere safe. */
class Links {
  readonly #from: string
  readonly #documents: ReadonlyMap<string, Document>

  constructor(from: string, documents: ReadonlyMap<string, Document>) {
    this.#from = from
    this.#documents = documents
  }

  resolve(href: string): string | null {
    if (href.startsWith('#')) return href
    const [path = '', anchor] = href.split('#', 2)
    const name = posix.normalize(posix.join(posix.dirname(this.#from), path))
    if (this.#documents.has(name)) return documentUrl(name) + (anchor === undefined ? '' : `#${anchor}`)
    return safeHref(href)
  }
}

function passageHtml(passage: Passage, links: Links): string {
  const blocks = passage.heading === null ? passage.blocks : [passage.heading, ...passage.blocks]
  return `<section id="${escapeHtml(passage.anchor)}">\n${blocks.map((block) => blockHtml(block, links)).join('\n')}\n</section>`
}

function blockHtml(block: Block, links: Links): string {
  switch (block.kind) {
    case 'heading':
      return `<h${String(block.level)}>${inlineHtml(block.spans, links)}</h${String(block.level)}>`
    case 'quote':
      return `<blockquote>${inlineHtml(block.spans, links)}</blockquote>`
    case 'paragraph':
      return `<p>${inlineHtml(block.spans, links)}</p>`
    case 'code':
      return `<pre tabindex="0"><code>${escapeHtml(block.text)}</code></pre>`
    case 'list': {
      const items = block.items.map(({ spans }) => `<li>${inlineHtml(spans, links)}</li>`).join('\n')
      return block.ordered ? `<ol start="${String(block.start)}">\n${items}\n</ol>` : `<ul>\n${items}\n</ul>`
    }
    case 'table':
      return tableHtml(block.rows, links)
  }
}

function tableHtml(rows: readonly (readonly (readonly Span[])[])[], links: Links): string {
  const html = rows.map((row, at) => {
    const cell = at === 0 ? 'th' : 'td'
    return `<tr>${row.map((spans) => `<${cell}>${inlineHtml(spans, links)}</${cell}>`).join('')}</tr>`
  })
  return `<div class="table" tabindex="0"><table>\n${html.join('\n')}\n</table></div>`
}

function inlineHtml(spans: readonly Span[], links: Links): string {
  return spans.map((span) => {
    switch (span.kind) {
      case 'text':
        return escapeHtml(span.text)
      case 'cite':
        return `[${String(span.number)}]`
      case 'code':
        return `<code>${escapeHtml(span.text)}</code>`
      case 'link': {
        const href = links.resolve(span.href)
        const inner = inlineHtml(span.spans, links)
        return href === null ? inner : `<a href="${escapeHtml(href)}" rel="noopener noreferrer nofollow">${inner}</a>`
      }
      default:
        return `<${span.kind}>${inlineHtml(span.spans, links)}</${span.kind}>`
    }
  }).join('')
}
