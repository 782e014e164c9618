import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { wrongImports } from '../../scripts/lib/wrong-imports.mjs'

const SRC = 'packages/millrace/src'

// Where, what is planted there, and why it is refused.
const FORBIDDEN = [
  ['event/a.ts', `import { b } from '../format/b.ts'`, 'event may not import format'],
  ['event/a.ts', `import type { B } from '../run/b.ts'`, 'event may not import run'],
  ['event/a.ts', `export const b = () => import('../run/b.ts')`, 'event may not import run'],
  ['event/a.ts', `export type B = import('../run/b.ts').B`, 'event may not import run'],
  ['event/a.ts', `export { b } from '../run/b.ts'`, 'event may not import run'],
  ['event/a.ts', `import '../run/b.ts'`, 'event may not import run'],
  ['format/a.ts', `import { b } from '../dialect/b.ts'`, 'format may not import dialect'],
  ['store/store.ts', `import { b } from './memory.ts'`, 'contract may not import backing'],
  ['store/memory.ts', `import { b } from '../run/b.ts'`, 'backing may not import run'],
  ['store/sqlite/a.ts', `import { b } from '../redis/b.ts'`, 'one backing does not know another'],
  ['run/a.ts', `import { b } from '../store/memory.ts'`, 'run may not import backing'],
  ['run/a.ts', `import { b } from '../format/sse.ts'`, 'run may not import format'],
  ['protocol/a.ts', `import { b } from '../run/b.ts'`, 'protocol may not import run'],
  ['server/a.ts', `import { b } from '../client/b.ts'`, 'server and client meet only in protocol'],
  ['client/a.ts', `import type { B } from '../server/b.ts'`, 'server and client meet only in protocol'],
  ['client/index.ts', `export { b } from '../server/b.ts'`, 'server and client meet only in protocol'],
  ['client/index.ts', `export { b } from '../react/b.ts'`, 'client may not import react'],
  ['react/a.ts', `import { b } from '../runtime/b.ts'`, 'react may not import runtime'],
  ['run/a.ts', `import { b } from '../event/index.ts'`, 'nothing imports an index file'],
  ['index.ts', `export * from './event/b.ts'`, 'name what is exported'],
  ['run/a.ts', `import { b } from '../../../app/src/b.ts'`, 'it lies outside src'],
  ['run/a.ts', `import { b } from 'node:fs'`, 'may use Node\'s own modules'],
  ['store/memory.ts', `import { b } from 'crypto'`, 'may use Node\'s own modules'],
  ['utils/a.ts', `import { b } from '../event/b.ts'`, 'no room of the house'],
] as const

test.each(FORBIDDEN)('%s: %s is refused', (file, line, reason) => {
  const wrongs = check({ [`${SRC}/${file}`]: `// a comment\n${line}\n` })
  expect(wrongs).toEqual([expect.stringContaining(reason)])
  expect(wrongs[0]).toContain(`${SRC}/${file} `)
})

const ALLOWED = [
  ['event/a.ts', `import { b } from './b.ts'`],
  ['store/sqlite/a.ts', `import { b } from '../rules.ts'\nimport { DatabaseSync } from 'node:sqlite'`],
  ['run/a.ts', `import type { Store } from '../store/store.ts'\nimport { b } from '../progress/b.ts'`],
  ['server/a.ts', `import { b } from '../dialect/b.ts'\nimport { c } from '../run/b.ts'`],
  ['runtime/node.ts', `import { createServer } from 'node:http'\nimport { b } from '../server/b.ts'`],
  ['cli/main.ts', `import { b } from '../client/b.ts'\nimport { c } from '../runtime/b.ts'`],
  ['index.ts', `export { b } from './store/memory.ts'\nexport * as events from './event/b.ts'`],
  ['run/a.test.ts', `import { b } from '../store/memory.ts'\nimport { c } from 'node:fs'`],
] as const

test.each(ALLOWED)('%s: %s is allowed', (file, lines) => {
  expect(check({ [`${SRC}/${file}`]: lines })).toEqual([])
})

test('a ring of files is found once, type imports counted', () => {
  const wrongs = check({
    [`${SRC}/event/a.ts`]: `import { b } from './b.ts'`,
    [`${SRC}/event/b.ts`]: `import type { C } from './c.ts'`,
    [`${SRC}/event/c.ts`]: `export type A = import('./a.ts').A`,
    [`${SRC}/event/d.ts`]: `import { a } from './a.ts'\nimport { b } from './b.ts'`,
  })
  expect(wrongs).toEqual([`${SRC}/event/a.ts imports itself: event/a.ts → event/b.ts → event/c.ts`])
})

test('the application sees only the public face', () => {
  const wrongs = check({
    'packages/app/src/good.ts': `import { a } from 'millrace'\nimport { b } from 'millrace/client'\nimport { c } from './page.ts'`,
    'packages/app/src/deep.ts': `import { a } from 'millrace/dist/run/tail.js'`,
    'packages/app/src/around.ts': `import { a } from '../../millrace/src/run/tail.ts'`,
  })
  expect(wrongs).toEqual([
    'packages/app/src/around.ts imports ../../millrace/src/run/tail.ts: use the public face',
    'packages/app/src/deep.ts imports millrace/dist/run/tail.js: the library exports no such subpath',
  ])
})

/** The verdict on a project of these files alone. */
function check(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-imports-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const manifest = { 'packages/millrace/package.json': '{ "exports": { ".": {}, "./client": {} } }' }
  for (const [path, content] of Object.entries({ ...manifest, [`${SRC}/event/none.ts`]: '', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return wrongImports(folder)
}
