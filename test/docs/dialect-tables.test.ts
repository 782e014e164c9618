import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { agUi, aiSdk, anthropic, chunk, openai, openaiResponses, type Dialect, type Entry, type KnownEvent } from '../../packages/millrace/src/index.ts'
import { html } from '../../packages/millrace/src/dialect/html.ts'
import { createOutline, foldOutline } from '../../packages/millrace/src/event/outline.ts'

const protocol = readFileSync('PROTOCOL.md', 'utf8')

const text = { block: 0, kind: 'text', nth: 0 }
/** One of each, after a run has begun and said a word. */
const EXAMPLES: { readonly [type in KnownEvent['type']]: Extract<KnownEvent, { readonly type: type }> } = {
  start: { type: 'start', run: 'RUN', kind: 'answer' },
  block_start: { type: 'block_start', ...text },
  delta: { type: 'delta', ...text, text: 'a' },
  block_end: { type: 'block_end', ...text },
  source: { type: 'source', title: 'A doc' },
  file: { type: 'file', name: 'a.pdf', url: '/a.pdf' },
  status: { type: 'status', status: 'thinking' },
  progress: { type: 'progress', item: 'a', status: 'running' },
  ask: { type: 'ask', id: 'a', signal: 'input' },
  answer: { type: 'answer', id: 'a', data: 1 },
  usage: { type: 'usage', usage: { output: 1 } },
  bytes: { type: 'bytes', base64: 'AA==' },
  attempt: { type: 'attempt', n: 2 },
  error: { type: 'error', error: { code: 'odd', message: 'It went on.' } },
  end: { type: 'end', status: 'completed' },
}
const TYPES = Object.keys(EXAMPLES)
const KINDS = ['text', 'reasoning', 'tool_call', 'tool_result']

interface Row {
  readonly entries: string
  readonly frames: string
}

function tableOf(heading: string): Row[] {
  const section = protocol.split(/^### /m).find((part) => part.startsWith(`\`${heading}\``)) ?? ''
  const table = /^\| entry \|[^]*?\n\n/m.exec(section)?.[0] ?? ''
  return table.trim().split('\n').slice(2).map((line) => {
    const [entries = '', frames = ''] = line.slice(2, -2).split(' | ')
    return { entries, frames }
  })
}

/** The rows that name the example of a type, whose block is one of text; else that for all those that no other names. */
function rowsOf(rows: readonly Row[], type: string): Row[] {
  const own = rows.filter(({ entries }) => {
    const words = [...entries.matchAll(/`([a-z_]+)[^`]*`/g)].map(([, word = '']) => word)
    return words.includes(type) && (words.includes('text') || !words.some((word) => KINDS.includes(word)))
  })
  return own.length > 0 ? own : rows.filter(({ entries }) => entries === 'all others')
}

/** What the example of a type becomes, where it stands in a run. */
function framesOf(dialect: Dialect, type: KnownEvent['type']): number {
  const before = type === 'start' ? [] : type === 'block_start' ? [EXAMPLES.start] : [EXAMPLES.start, EXAMPLES.block_start]
  const outline = createOutline(dialect.keeping)
  const events = [...before, EXAMPLES[type]]
  return events.map((event, index) => {
    const entry: Entry = { ...event, offset: index + 1 }
    const frames = dialect.step?.(outline, entry) ?? []
    foldOutline(outline, entry)
    return frames.length
  }).at(-1) ?? 0
}

test('there is an example of every type of the vocabulary', () => {
  const vocabulary = protocol.slice(protocol.indexOf('## 2.'), protocol.indexOf('## 3.'))
  expect([...vocabulary.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, type]) => type)).toEqual(TYPES)
})

describe.each([agUi, aiSdk, anthropic, chunk, html, openai, openaiResponses].map((dialect) => [dialect.name, dialect] as const))('the table of %s', (name, dialect) => {
  const rows = tableOf(name)

  test.each(TYPES as KnownEvent['type'][])('says what becomes of `%s`, and that is so', (type) => {
    const named = rowsOf(rows, type)
    expect(named).not.toEqual([])
    // A row that begins so leaves the entry out, whatever it says of why.
    const isLeftOut = named.every(({ frames }) => frames.startsWith('nothing'))
    expect(framesOf(dialect, type) === 0, JSON.stringify(named)).toBe(isLeftOut)
  })

  test('names no type that there is not', () => {
    const named = rows.flatMap(({ entries }) => [...entries.matchAll(/`([a-z]+_[a-z]+)/g)].map(([, word = '']) => word))
    expect(named.filter((word) => ![...TYPES, ...KINDS].includes(word))).toEqual([])
  })
})
