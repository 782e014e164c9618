import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const text = readFileSync('docs/seeds.md', 'utf8')
const ROWS = Object.entries({ A: 8, B: 13, C: 8, D: 9, E: 10 })
  .flatMap(([seed, count]) => Array.from({ length: count }, (_, at) => `${seed}${String(at + 1)}`))

const lines = text.split('\n')
const rows = lines.filter((line) => /^\| [A-E]\d/.test(line)).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
const samples = lines.filter((line) => /^\| [A-E](?: \d)?: /.test(line)).map((line) => line.split('|').map((cell) => cell.trim()))

test('every row of the seeds stands there once, in order', () => {
  expect(rows.map(([number]) => number)).toEqual(ROWS)
})

test('each document has its samples', () => {
  expect(new Set(samples.map(([, sample]) => sample?.[0]))).toEqual(new Set(['A', 'B', 'C', 'D', 'E']))
  expect(samples.length).toBeGreaterThanOrEqual(14)
})

/** The anchor of a heading, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-')
}

function anchorsIn(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

function filesIn(cell: string): string[] {
  return [...cell.matchAll(/`((?:packages|test|examples)\/[^`]+)`/g)].map(([, file = '']) => file)
}

/** `a`, `b` of `millrace/x`; `option` of `call` of `millrace/x`. The last name before an entry point is exported there. */
function namesIn(cell: string): { readonly name: string; readonly from: string }[] {
  return [...cell.matchAll(/((?:`(?!millrace)[\w$]+`(?:, | of ))+)`(millrace(?:\/[\w/]+)?)`/g)].flatMap(([, list = '', from = '']) =>
    list.split(', ').map((names) => ({ name: [...names.matchAll(/`([\w$]+)`/g)].at(-1)?.[1] ?? '', from })))
}

describe('a row says where it is made, described and tested', () => {
  test.each(rows)('%s: %s', async (_number, _asked, here = '', described = '', tested = '') => {
    const names = namesIn(here)
    expect(names).not.toEqual([])
    for (const { name, from } of names) expect(Object.keys((await import(from)) as object), from).toContain(name)
    const links = [...described.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)]
    expect(links).not.toEqual([])
    for (const [, file = '', anchor = ''] of links) expect(anchorsIn(file === '' ? 'docs/seeds.md' : join('docs', file)), `${file}#${anchor}`).toContain(anchor)
    const files = filesIn(tested)
    expect(files).not.toEqual([])
    for (const file of files) expect([file, existsSync(file)]).toEqual([file, true])
  })
})

describe('a sample has a program that a test runs', () => {
  test.each(samples)('%s%s', (_edge, _sample, program = '', tested = '') => {
    const [, name] = /^`([\w$]+)` in /.exec(program) ?? []
    const files = filesIn(program)
    for (const file of files) expect(readFileSync(file, 'utf8')).toContain(name ?? '')
    const tests = filesIn(tested).map((file) => readFileSync(file, 'utf8'))
    expect(tests).toHaveLength(filesIn(tested).length)
    expect(tests.length).toBeGreaterThan(0)
    // A test starts an example by its folder's name.
    for (const example of files.filter((file) => file.startsWith('examples/'))) {
      expect(tests.some((one) => one.includes(dirname(example).replace('examples/', ''))), example).toBe(true)
    }
  })
})

test('every document is reached from the README', () => {
  const readme = readFileSync('README.md', 'utf8')
  for (const name of readdirSync('docs').filter((file) => file.endsWith('.md'))) expect([name, readme.includes(`](docs/${name})`)]).toEqual([name, true])
  const dialects = readFileSync('docs/dialects/README.md', 'utf8')
  for (const name of readdirSync('docs/dialects').filter((file) => file !== 'README.md')) expect([name, dialects.includes(`](${name})`)]).toEqual([name, true])
})
