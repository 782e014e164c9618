import { equal } from './check.ts'
import { createOptions, encode, expectLog, idPart, renews, start } from './fixtures.ts'
import { casesOf } from './harness.ts'
import type { ConformanceCase } from './harness.ts'

/** Strings that break what quotes, escapes, keys or compares them without care. */
const STRINGS: readonly string[] = [
  '', ' ', '__proto__', 'constructor', 'hasOwnProperty', `'; DROP TABLE runs; --`, `"\\'\``, '%_*?[a]', '{1}', '$1', ':', '0', 'null',
  'naïve', 'e\u0301', '\u00e9', '雨🌧', '\u2028\u2029', '\r\n\t', '\ufeff', '\uffff', 'x'.repeat(1000),
]

export const hostileCases: readonly ConformanceCase[] = casesOf('hostile', {
  async 'strings are kept as they are, wherever they stand'({ store }) {
    for (const text of STRINGS) {
      const run = idPart()
      const data = JSON.stringify(text)
      const { created, record, lease } = await store.create(run, createOptions(run, {
        kind: text, principal: text, title: text, digest: text, input: data,
      }))
      equal([created, record.kind, record.principal, record.title, record.digest], [true, text, text, text, text], 'the record')
      equal(await store.find(run), record, 'what find gives')
      equal((await store.load(run)).input, data, 'the input')
      if (lease) await store.append(run, lease, { ...renews(1), checkpoint: data })
      equal((await store.load(run)).checkpoint?.data, data, 'the checkpoint')
    }
  },

  async 'filters take strings for what they are'({ store }) {
    const runs = new Map<string, string>()
    for (const text of STRINGS) {
      const { run } = await start(store, { principal: text, kind: text })
      runs.set(text, run)
    }
    for (const [text, run] of runs) {
      equal((await store.list({ principal: text, limit: 9 })).map(({ id }) => id), [run], `the runs of ${JSON.stringify(text)}`)
      equal((await store.list({ kind: text, limit: 9 })).map(({ id }) => id), [run], `the kind ${JSON.stringify(text)}`)
    }
  },

  async 'signals of any name are each their own'({ store }) {
    const { run, lease } = await start(store)
    for (const id of STRINGS) await store.signal(run, { id, type: id, data: JSON.stringify(id) })
    const expected = STRINGS.map((id, i) => ({ id, type: id, data: JSON.stringify(id), seq: i + 1 }))
    equal((await store.append(run, lease, renews(1))).signals, expected, 'the signals')
  },

  async 'ids that name parts of objects, and ids that are alike, are each a run'({ store }) {
    const pad = (text: string): string => text.padEnd(22, '_')
    const alike = ['__proto__', 'constructor', 'toString', 'aa', 'aA', 'Aa', 'a-', 'a_'].map(pad)
    for (const run of [...alike, ...alike.map((group) => `${group}.${pad('x')}`)]) {
      const { lease } = await store.create(run, createOptions(run, { title: run }))
      if (lease) await store.append(run, lease, { after: 1, count: 1, bytes: encode(JSON.stringify({ type: 'mine', run })) })
    }
    for (const run of alike) {
      await expectLog(store, run, ['mine'], run)
      equal((await store.find(run))?.title, run, 'the record')
    }
  },
})
