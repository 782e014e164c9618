// Nothing that is committed names a package registry's host or a path of the machine it was written on.
import './lib/require-node.mjs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/root.mjs'
import { capture } from './lib/run.mjs'

const FORBIDDEN = [
  { what: 'a registry host', pattern: /\bregistry\.[a-z]/ },
  { what: 'a path of one machine', pattern: /(?<![\w.~-])\/(work|root)\// },
]

const { code, output } = await capture('git', ['ls-files', '-z'])
const files = code === 0 ? output.split('\0').filter((file) => file !== '') : []
const wrongs = files.flatMap(wrongsIn)
if (files.length === 0) wrongs.push('git lists no files')
for (const wrong of wrongs) console.error(wrong)
process.exitCode = wrongs.length === 0 ? 0 : 1

function wrongsIn(file) {
  const lines = contentOf(file).split('\n')
  return lines.flatMap((line, at) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${file}:${at + 1} names ${what}`),
  )
}

function contentOf(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch (error) {
    // Tracked, but removed in the work tree: git will say so when it is committed.
    if (error.code === 'ENOENT') return ''
    throw error
  }
}
