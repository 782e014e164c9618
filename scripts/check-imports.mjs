// Imports point down (DESIGN §9). Usage: check-imports.mjs [FOLDER OF THE PROJECT]
import './lib/require-node.mjs'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findCycles } from './lib/cycles.mjs'
import { judgeImport } from './lib/house.mjs'
import { readImports } from './lib/imports.mjs'
import { root } from './lib/root.mjs'

const project = process.argv[2] ?? root
const library = 'packages/millrace'
const wrongs = [...wrongsInLibrary(), ...['packages/app', 'examples'].flatMap(wrongsInUser)]
for (const wrong of wrongs) console.error(wrong)
process.exitCode = wrongs.length === 0 ? 0 : 1

function wrongsInLibrary() {
  const src = posix.join(library, 'src')
  const imports = readImports(join(project, src), (path) => path.endsWith('.test.ts'))
  const forbidden = judgeAll(src, imports, judgeImport)
  const cycles = findCycles(imports).map((cycle) => `${posix.join(src, cycle[0])} imports itself: ${cycle.join(' → ')}`)
  return [...forbidden, ...cycles]
}

// Whoever uses the library sees what anybody sees who installed it.
function wrongsInUser(folder) {
  if (!existsSync(join(project, folder))) return []
  const { exports } = JSON.parse(readFileSync(join(project, library, 'package.json'), 'utf8'))
  const faces = Object.keys(exports).map((subpath) => posix.join('millrace', subpath))
  return judgeAll(folder, readImports(join(project, folder)), (_from, { specifier, to }) => {
    if (to !== null && posix.join(folder, to).startsWith(`${library}/`)) return `imports ${specifier}: use the public face`
    if (!/^millrace(\/|$)/.test(specifier) || faces.includes(specifier)) return null
    return `imports ${specifier}: the library exports no such subpath`
  })
}

function judgeAll(folder, imports, judge) {
  return [...imports].flatMap(([from, list]) =>
    list.flatMap((each) => {
      const wrong = judge(from, each)
      return wrong === null ? [] : [`${posix.join(folder, from)} ${wrong}`]
    }),
  )
}
