import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** What a part of the library takes that is imported nowhere else. */
const BEHIND: Readonly<Record<string, string>> = {
  'millrace/sqlite': 'libsql', 'millrace/redis': 'redis', 'millrace/postgres': 'pg', 'millrace/nats': '@nats-io/transport-node',
}

function importsOf(folder: string): Set<string> {
  const files = readdirSync(folder).filter((name) => /\.(?:mjs|tsx?)$/.test(name))
  const sources = files.map((name) => readFileSync(join(folder, name), 'utf8'))
  return new Set(sources.flatMap((source) => [...source.matchAll(/^import (?:[^'\n]* from )?'([^.'][^']*)'/gm)].map(([, name = '']) => name)))
}

/** The package of an import: its first part, or two with a scope. */
function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

describe('an example can be copied out of here and installed: what it imports, its package.json names', () => {
  test.each(readdirSync('examples'))('%s', (example) => {
    const folder = join('examples', example)
    const imports = [...importsOf(folder)].filter((name) => !name.startsWith('node:'))
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    expect(imports.length).toBeGreaterThan(0)
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(imports.flatMap((name) => [packageOf(name), ...(BEHIND[name] ? [BEHIND[name]] : [])])))
  })
})
