import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findCycles } from './cycles.mjs'
import { judgeImport } from './house.mjs'
import { readImports } from './imports.mjs'

const LIBRARY = 'packages/millrace'
const USERS = ['packages/app', 'examples']

/**
 * Every import that breaks the house's rules, as sentences.
 *
 * @param {string} project the folder of the whole project
 * @returns {string[]}
 */
export function wrongImports(project) {
  return [...wrongsInLibrary(project), ...USERS.flatMap((folder) => wrongsInUser(project, folder))]
}

function wrongsInLibrary(project) {
  const src = posix.join(LIBRARY, 'src')
  const imports = readImports(join(project, src), (path) => path.endsWith('.test.ts'))
  const cycles = findCycles(imports).map((cycle) => `${posix.join(src, cycle[0])} imports itself: ${cycle.join(' → ')}`)
  return [...judgeAll(src, imports, judgeImport), ...cycles]
}

// Whoever uses the library sees what anybody sees who installed it.
function wrongsInUser(project, folder) {
  if (!existsSync(join(project, folder))) return []
  const { exports } = JSON.parse(readFileSync(join(project, LIBRARY, 'package.json'), 'utf8'))
  const faces = Object.keys(exports).map((subpath) => posix.join('millrace', subpath))
  return judgeAll(folder, readImports(join(project, folder)), (_from, { specifier, to }) => {
    if (to !== null && posix.join(folder, to).startsWith(`${LIBRARY}/`)) return `imports ${specifier}: use the public face`
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
