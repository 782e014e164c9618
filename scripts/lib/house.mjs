import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

// DESIGN §9 as data. A room may import itself and the rooms it lists; `contract` is `store/store.ts`,
// `backing` every other file in `store/`.
const UNDER_RUN = ['event', 'progress', 'contract']
const UNDER_EDGES = [...UNDER_RUN, 'format', 'dialect', 'protocol', 'backing', 'run']
const UNDER_FACES = [...UNDER_EDGES, 'server', 'client']

const MAY_IMPORT = {
  event: [],
  progress: ['event'],
  format: ['event'],
  dialect: ['event'],
  contract: ['event'],
  protocol: UNDER_RUN,
  backing: UNDER_RUN,
  run: UNDER_RUN,
  server: UNDER_EDGES,
  client: UNDER_EDGES,
  streaming: UNDER_FACES,
  html: UNDER_FACES,
  chat: UNDER_FACES,
  model: UNDER_FACES,
  react: UNDER_FACES,
  operations: UNDER_FACES,
  runtime: UNDER_FACES,
  cli: null,
}

const EDGES = ['server', 'client']
const NODE_ROOMS = ['runtime/', 'store/sqlite/', 'cli/']

/** What is wrong with one import of the library, or `null`. Paths are relative to `src`. */
export function judgeImport(from, { specifier, to, star }) {
  if (star) return `has \`export * from '${specifier}'\`: name what is exported`
  if (to === null) return judgePackage(from, specifier)
  if (to.startsWith('..')) return `imports ${specifier}: it lies outside src`
  if (isIndex(to)) return `imports ${specifier}: nothing imports an index file`
  if (isOtherEdge(roomOf(from), roomOf(to))) return `imports ${specifier}: server and client meet only in protocol`
  // A face may gather from anywhere, but the client's must not draw in what browsers never run.
  if (isIndex(from) && !EDGES.includes(roomOf(from))) return null
  return judgeDirection(from, specifier, to)
}

function judgePackage(from, specifier) {
  if (!isBuiltin(specifier) || NODE_ROOMS.some((room) => from.startsWith(room))) return null
  return `imports ${specifier}: only ${NODE_ROOMS.join(', ')} may use Node's own modules`
}

function judgeDirection(from, specifier, to) {
  const [room, target] = [roomOf(from), roomOf(to)]
  if (!(room in MAY_IMPORT)) return `lies in \`${room}\`, which is no room of the house (DESIGN §9)`
  const allowed = MAY_IMPORT[room]
  if (room === 'backing' && target === 'backing') {
    return areStrangers(from, to) ? `imports ${specifier}: one backing does not know another` : null
  }
  if (allowed === null || room === target || allowed.includes(target)) return null
  return `imports ${specifier}: ${room} may not import ${target}`
}

function roomOf(path) {
  if (path === 'store/store.ts') return 'contract'
  const [first] = path.split('/')
  return first === 'store' ? 'backing' : first
}

function isIndex(path) {
  return posix.basename(path) === 'index.ts'
}

function isOtherEdge(room, target) {
  return room !== target && EDGES.includes(room) && EDGES.includes(target)
}

/** Two folders in `store/`; what lies in `store/` itself is shared by all. */
function areStrangers(from, to) {
  const [mine, theirs] = [posix.dirname(from), posix.dirname(to)]
  const related = mine === theirs || mine.startsWith(`${theirs}/`) || theirs.startsWith(`${mine}/`)
  return theirs !== 'store' && !related
}
