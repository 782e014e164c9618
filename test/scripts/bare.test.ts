import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const scripts = join(import.meta.dirname, '..', '..', 'scripts')

/** What a file and those below it import before a line of it runs. */
function importsOf(file: string, seen: Set<string> = new Set()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const names = [...readFileSync(file, 'utf8').matchAll(/^import\s(?:[^'\n]*\sfrom\s)?'([^']+)'/gm)].map(([, name = '']) => name)
  return names.flatMap((name) => (name.startsWith('.') ? importsOf(join(dirname(file), name), seen) : [name]))
}

test.each(['start', 'test', 'check'])('`npm run %s` needs nothing but Node before it has installed the rest', (name) => {
  const imports = importsOf(join(scripts, `${name}.mjs`))
  expect(imports.length).toBeGreaterThan(0)
  expect(imports.filter((from) => !from.startsWith('node:'))).toEqual([])
})
