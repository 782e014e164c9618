import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { root } from './root.mjs'

/**
 * One test with a vendor's client, whose title is `CLIENT VERSION > … > what was exercised`.
 *
 * @typedef {{ client: string, version: string, exercised: string, result: string }} Row
 */

export const BEGIN = '<!-- written by `npm run interop` -->'
export const END = '<!-- to here -->'

/** The tests that read with other people's clients: all of test/interop, and those in browsers that name a client. */
export function interopFiles() {
  const inBrowsers = filesIn('test/browser').filter((file) => readFileSync(join(root, file), 'utf8').includes('clientOf('))
  return [...filesIn('test/interop'), ...inBrowsers]
}

function filesIn(folder) {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.ts')).sort().map((name) => [...folder.split('/'), name].join(sep))
}

/**
 * @param {string} title as vitest lists it
 * @param {string} [result]
 * @returns {Row}
 */
export function rowOf(title, result = '') {
  const [who = '', ...exercised] = title.split(' > ')
  const [, client = who, version = ''] = /^(.+) (\d[\w.+-]*)$/.exec(who) ?? []
  return { client, version, exercised: exercised.join(': '), result }
}

/** Of a report that vitest's `json` reporter wrote. @returns {Row[]} */
export function rowsOf(report) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => rowOf([...ancestorTitles, title].join(' > '), RESULTS[status] ?? 'not run')))
}

const RESULTS = { passed: 'passed', failed: '**failed**' }

/** The rows by their clients. @param {readonly Row[]} rows */
export function tableOf(rows) {
  const sorted = [...rows].sort((a, b) => compare(a.client, b.client) || compare(a.exercised, b.exercised))
  const lines = sorted.map(({ client, version, exercised, result }) => `| ${[client, version, exercised, result].map(cell).join(' | ')} |`)
  return ['| client | version | what was exercised | result |', '|---|---|---|---|', ...lines].join('\n')
}

const cell = (text) => text.replaceAll('|', '\\|')
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
