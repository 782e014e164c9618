import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decoded, asHtmlSays, HOSTILE, hostileText } from '../../../../test/support/hostile-text.ts'
import { createOutline, foldOutline, type Outline } from '../event/outline.ts'
import type { Entry, RunEvent } from '../event/run-event.ts'
import type { Dialect } from './dialect.ts'
import { html } from './html.ts'
import { page } from './page.ts'

const RUN = 'A'.repeat(22)
const START: RunEvent = { type: 'start', run: RUN, kind: 'answer' }

/** The data of every frame of a log that says this. */
function framesOf(dialect: Dialect, ...events: readonly RunEvent[]): { event: string | null; data: string }[] {
  const outline: Outline = createOutline()
  return [START, ...events].flatMap((event, index) => {
    const entry = { ...event, offset: index + 1 } as Entry
    const frames = dialect.step?.(outline, entry) ?? []
    foldOutline(outline, entry)
    return frames.map((frame) => ({ ...frame, data: frame.data as string }))
  })
}

/** One event of each type with this text in each field. */
function everywhere(text: string): readonly RunEvent[] {
  return [
    { type: 'block_start', block: 0, kind: 'text', nth: 0, id: text, name: text },
    { type: 'delta', block: 0, kind: 'text', nth: 0, text },
    { type: 'source', title: text, url: text, excerpt: text, relevance: 0.5 },
    { type: 'block_end', block: 0, kind: 'text', nth: 0 },
    { type: 'block_start', block: 1, kind: text, nth: 0 },
    { type: 'delta', block: 1, kind: text, nth: 0, text },
    { type: 'block_start', block: 2, kind: 'reasoning', nth: 0 },
    { type: 'delta', block: 2, kind: 'reasoning', nth: 0, text },
    { type: 'file', name: text, url: text, mediaType: text },
    { type: 'status', status: text, message: text },
    { type: 'status', status: text },
    { type: 'progress', item: text, parent: text, name: text, status: 'running', done: 1, total: 2, message: text },
    { type: 'error', error: { code: text, message: text } },
    { type: text.startsWith('html') ? 'x' : text, html: 7, text },
    { type: 'end', status: 'failed', reason: text, error: { code: text, message: text } },
  ]
}

const TAG = /<(\/?)([a-z]+)((?: [a-z-]+(?:="[^"<>]*")?)*)>/g

test.each([html, page])('a hostile string in any field leaves only the tags that are ours: $name', (dialect) => {
  const plain = framesOf(dialect, ...everywhere('a')).map(({ data }) => data).join('')
  const shape = (markup: string): string[] => [...markup.matchAll(TAG)].map(([, close = '', name = '']) => close + name).filter((name) => !/^\/?a$/.test(name))
  fc.assert(fc.property(hostileText, (text) => {
    const markup = framesOf(dialect, ...everywhere(text)).map(({ data }) => data).join('')
    expect(shape(markup)).toEqual(shape(plain))
    // Whatever is left between the tags is text.
    expect(markup.replace('<!doctype html>', '').replace(TAG, '')).not.toMatch(/[<\r\0]/)
    for (const [, href = ''] of markup.matchAll(/ href="([^"]*)"/g)) {
      if (URL.canParse(decoded(href), 'https://mill.example/')) expect(new URL(decoded(href), 'https://mill.example/').protocol).toMatch(/^https?:|^mailto:/)
    }
    expect(decoded(markup)).toContain(asHtmlSays(text))
  }), { numRuns: 500 })
})

test('each frame is whole HTML, at most one for a delta, and only the last one has a name', () => {
  const frames = framesOf(html, ...everywhere('a'))
  for (const { data } of frames.slice(0, -1)) {
    const open: string[] = []
    for (const [, close, name = ''] of data.matchAll(TAG)) {
      if (close === '/') expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open.filter((name) => name !== 'progress')).toEqual([])
  }
  expect(frames.filter(({ event }) => event !== null)).toEqual([{ event: 'done', data: 'failed' }])
  expect(frames.at(-1)?.event).toBe('done')
})

test('every frame of a run goes to the run’s own parts of the page, and the first fills the page’s element', () => {
  const run = `run-${RUN}`
  const frames = framesOf(html, ...everywhere('a'), { type: 'attempt', n: 2 }).filter(({ event }) => event === null)
  const targets = frames.map(({ data }) => /^<div id="([^"]*)" hx-swap-oob="(\w+)">/.exec(data)?.slice(1).join(' '))
  expect(targets[0]).toBe(`${run} innerHTML`)
  expect(targets.at(-1)).toBe(`${run} innerHTML`)
  const made = new Set(frames.flatMap(({ data }) => [...data.matchAll(/(?<!^<div) id="([^"]*)"/g)].map(([, id]) => id)))
  for (const target of targets.slice(1, -1)) expect(made).toContain(target?.split(' ')[0])
})

test('a run of a group has an id that a selector can name', () => {
  const [frame] = framesOf(html, { type: 'start', run: `${RUN}.${RUN}`, kind: 'answer' }).slice(1)
  expect(frame?.data).toContain(`id="run-${RUN}_${RUN}"`)
})

test('the application’s own HTML is given as it is, and only where it is a string', () => {
  expect(framesOf(html, { type: 'html', html: '<tr id="a">' }, { type: 'html', html: null }, { type: 'html' }).slice(1)).toEqual([{ event: null, data: '<tr id="a">' }])
})

test('the page closes what is open when the run begins anew or ends, and says so', () => {
  const open: RunEvent[] = [{ type: 'block_start', block: 0, kind: 'reasoning', nth: 0 }, { type: 'delta', block: 0, kind: 'reasoning', nth: 0, text: 'x' }]
  const [anew, end] = framesOf(page, ...open, { type: 'attempt', n: 2 }, { type: 'end', status: 'cancelled' }).slice(-2)
  expect(anew?.data).toMatch(/^<\/div><\/details><p.*anew/)
  expect(end?.data).toBe('</article><p id="end" role="status">Stopped.</p></main></body></html>\n')
})

test('what is said of a run that is not there is only words, whatever it was called', () => {
  const drawn = (text: string): string => html.hypermedia?.absent(text, text, true).map(({ data }) => String(data)).join('') ?? ''
  for (const text of HOSTILE) {
    expect(drawn(text).replaceAll(/[^<>"\0\r]/g, '')).toBe(drawn('MARK').replaceAll(/[^<>"\0\r]/g, ''))
  }
})
