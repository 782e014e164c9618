import type { Outline } from '../event/outline.ts'
import type { BlockKind, Entry } from '../event/run-event.ts'
import type { Dialect } from './dialect.ts'
import { escapeHtml } from './escape.ts'
import { endWords, linkOf, stageWords } from './words.ts'

export const PAGE_STYLE: string =
  ':root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}' +
  '.text{white-space:pre-wrap;overflow-wrap:break-word}.note{opacity:.75}main:has(#end) form{display:none}'

/** What a page of this style and no script is sent with. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'sha256-8/bBEuN5LN/3/P5ceb3t70tjSeqG15mHNw6xKJ0M4XM='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}

/**
 * The run as a page that a browser draws as it comes, with no script at all: what the form of
 * `millrace/html` leads to where scripts are off.
 */
export const page: Dialect = {
  name: 'page',
  version: 1,
  step(outline, entry) {
    const data = markup(outline, entry)
    return data === '' ? [] : [{ event: null, data }]
  },
  heartbeat: null,
  document: null,
  page: PAGE_HEADERS,
}

function markup(outline: Outline, entry: Entry): string {
  switch (entry.type) {
    case 'start':
      return head(entry.run, entry.kind)
    case 'block_start':
      return OPENING.get(entry.kind) ?? ''
    case 'delta':
      return OPENING.has(entry.kind) ? escapeHtml(entry.text) : ''
    case 'block_end':
      return closing(entry.kind)
    case 'source':
      return `<p class="note">Source: ${linkOf(entry.url, entry.title)}</p>`
    case 'file':
      return `<p class="note">File: ${linkOf(entry.url, entry.name)}</p>`
    case 'status':
      return `<p class="note" role="status">${stageWords(entry)}</p>`
    case 'error':
      return `<p role="alert">${escapeHtml(entry.error.message)}</p>`
    case 'attempt':
      return `${closeAll(outline)}<p class="note">The work began anew: what stands above does not count.</p><hr>`
    case 'end':
      return `${closeAll(outline)}</article><p id="end" role="status">${endWords(entry)}</p></main></body></html>\n`
    default:
      return ''
  }
}

/** The kinds of block that are shown. */
const OPENING: ReadonlyMap<BlockKind, string> = new Map([
  ['text', '<div class="text">'],
  ['reasoning', '<details><summary>Reasoning</summary><div class="text">'],
])

function closing(kind: BlockKind): string {
  if (kind === 'text') return '</div>'
  return kind === 'reasoning' ? '</div></details>' : ''
}

function closeAll({ open }: Outline): string {
  return open.map((block) => closing(block.kind)).join('')
}

/** The address is relative to the page's own, so it holds wherever the routes are mounted. */
function head(run: string, kind: string): string {
  return '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>${escapeHtml(kind)}</title><style>${PAGE_STYLE}</style></head><body><main>` +
    `<form method="post" action="${escapeHtml(run)}/signals"><button name="type" value="cancel">Stop</button></form><article>`
}
