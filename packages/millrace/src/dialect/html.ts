import type { Outline } from '../event/outline.ts'
import type { BlockKind, EndEvent, Entry, ProgressEvent } from '../event/run-event.ts'
import type { Dialect, DialectFrame } from './dialect.ts'
import { escapeHtml } from './escape.ts'
import { endWords, linkOf, stageWords } from './words.ts'

/**
 * HTML for pages with htmx (2 or 4) and its like. The page holds one element, `run-ID`; the first
 * frame fills it, and every later one goes out of band to a part of it. So the page knows nothing of
 * what comes, several runs share it, and a reader that lost its place and reads again from the start
 * wipes what it had instead of doubling it. The mapping is the table in PROTOCOL.md §6.
 */
export const html: Dialect = { name: 'html', version: 1, step, join, heartbeat: null, document: null, hypermedia: { absent } }

function step(outline: Outline, entry: Entry): readonly DialectFrame[] {
  const run = idOf(entry.type === 'start' ? entry.run : outline.run)
  switch (entry.type) {
    case 'start':
    case 'attempt':
      return [put(run, 'innerHTML', scaffold(run))]
    case 'block_start':
      return isShown(entry.kind) ? [put(`${run}-content`, 'beforeend', blockOf(`${run}-${entry.block}`, entry.kind))] : []
    case 'delta':
      return isShown(entry.kind) ? [put(`${run}-${entry.block}`, 'beforeend', escapeHtml(entry.text))] : []
    case 'source':
      return [put(`${run}-sources`, 'beforeend', `<li>${linkOf(entry.url, entry.title)}${excerptOf(entry.excerpt)}</li>`)]
    case 'file':
      return [put(`${run}-files`, 'beforeend', `<li>${linkOf(entry.url, entry.name)}</li>`)]
    case 'status':
      return [put(`${run}-status`, 'innerHTML', stageWords(entry))]
    case 'progress':
      return [put(`${run}-progress`, 'innerHTML', barOf(entry))]
    case 'error':
      return [put(`${run}-errors`, 'beforeend', `<p role="alert">${escapeHtml(entry.error.message)}</p>`)]
    case 'end':
      return end(run, entry)
    default:
      return own(entry)
  }
}

function join(outline: Outline): readonly DialectFrame[] {
  const run = idOf(outline.run)
  const open = outline.open.filter(({ kind }) => isShown(kind))
  return [put(run, 'innerHTML', scaffold(run)), ...open.map(({ block, kind }) => put(`${run}-content`, 'beforeend', blockOf(`${run}-${block}`, kind)))]
}

/** What the page shows of the run already stays. */
function absent(id: string, words: string, isNew: boolean): readonly DialectFrame[] {
  // Whoever asks names it: it may be no id at all.
  const run = idOf(escapeHtml(id))
  const begin = isNew ? [put(run, 'innerHTML', scaffold(run))] : []
  return [...begin, put(`${run}-status`, 'innerHTML', escapeHtml(words)), { event: 'done', data: 'gone' }]
}

/** A page's id of a run. A dot, between group and run, would end the id in a selector. */
function idOf(run: string): string {
  return `run-${run.replace('.', '_')}`
}

/** No name: named messages are swapped by htmx 2 only. */
function put(id: string, swap: 'innerHTML' | 'beforeend', content: string): DialectFrame {
  return { event: null, data: `<div id="${id}" hx-swap-oob="${swap}">${content}</div>` }
}

function scaffold(run: string): string {
  return `<p id="${run}-status" class="run-status" role="status"></p><div id="${run}-progress" class="run-progress"></div>` +
    `<div id="${run}-content" class="run-content"></div><ol id="${run}-sources" class="run-sources"></ol>` +
    `<ul id="${run}-files" class="run-files"></ul><div id="${run}-errors" class="run-errors"></div>`
}

/** What else a run does between its words is not for its readers' eyes. */
function isShown(kind: BlockKind): boolean {
  return kind === 'text' || kind === 'reasoning'
}

function blockOf(id: string, kind: BlockKind): string {
  if (kind === 'text') return `<div id="${id}" class="run-text"></div>`
  return `<details class="run-reasoning"><summary>Reasoning</summary><div id="${id}"></div></details>`
}

function excerptOf(excerpt: string | undefined): string {
  return excerpt === undefined ? '' : ` <q>${escapeHtml(excerpt)}</q>`
}

function barOf({ name, item, done, total }: ProgressEvent): string {
  const known = done !== undefined && total !== undefined
  return `<label>${escapeHtml(name ?? item)} <progress${known ? ` value="${done}" max="${total}"` : ''}></progress></label>`
}

/** The application's own HTML, such as what `createOobStream` builds. */
function own(entry: { readonly type: string }): readonly DialectFrame[] {
  return entry.type === 'html' && 'html' in entry && typeof entry.html === 'string' ? [{ event: null, data: entry.html }] : []
}

/** The closing frame has a name, which the page's `sse-close` or `hx-sse:close` waits for. */
function end(run: string, entry: EndEvent): readonly DialectFrame[] {
  return [put(`${run}-status`, 'innerHTML', endWords(entry)), { event: 'done', data: entry.status }]
}
