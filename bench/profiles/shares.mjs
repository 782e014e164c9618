// `node bench/profiles/shares.mjs FILE.cpuprofile`: where the time of JavaScript's thread went, by what it did, and its busiest functions.
import { readFileSync } from 'node:fs'

const NATIVE = /^$/
const ANY = /(?:)/
/** What a function belongs to, by its name and its file: the first that fits. */
const GROUPS = [
  ['system calls', /^(writev|write(Buffer|Utf8String|Latin1String|AsciiString)|shutdown)$/, NATIVE],
  ['collector', /garbage collector/, NATIVE],
  ['native code without a name', /^\((program|root)\)$/, NATIVE],
  ['text to bytes and back', /^(decode|encode|encodeInto|decodeUTF8|encodeUtf8String|utf8Slice|latin1Slice|utf8Write|latin1Write)$/, NATIVE],
  ['text to bytes and back', ANY, /^node:(internal\/encoding|buffer|internal\/buffer)/],
  ['checksums', ANY, /^node:zlib/],
  ['promises and microtasks', /^runMicrotasks$/, NATIVE],
  ['promises and microtasks', ANY, /^node:(internal\/process|internal\/async_hooks|internal\/promise|async_hooks|timers\/promises)/],
  ['Web streams, requests, responses', ANY, /^node:internal\/(webstreams|deps\/undici|worker\/js_transferable|util\/)/],
  ['Node: HTTP and sockets', ANY, /^node:(_http|_stream|http|net|internal\/(stream|http|net))/],
  ['Node: signals, events, timers', ANY, /^node:(events|timers|internal\/(events|timers|abort|event_target))/],
  ['Node, else', ANY, /^node:/],
  ['the SQLite driver, and SQLite', ANY, /node_modules\/libsql|node:sqlite/],
  ['the Redis client', ANY, /node_modules\/(@redis|redis)\//],
  ['hono and its server', ANY, /node_modules\/(@hono|hono)\//],
  ['the bench', ANY, /\/bench\//],
  ['ours: server, routes, runtime', ANY, /\/dist\/(server|runtime|protocol|operations|streaming)\//],
  ['ours: formats and dialects', ANY, /\/dist\/(format|dialect)\//],
  ['ours: packing and folding', ANY, /\/dist\/(run\/(seal|joined-lines|packed-bytes|delta-run|line-buffer|outline)|event\/(snapshot|outline))/],
  ['ours: producer, worker, tail', ANY, /\/dist\/run\//],
  ['ours: lines and entries', ANY, /\/dist\/event\//],
  ['ours: store', ANY, /\/dist\/store\//],
  ['ours: client', ANY, /\/dist\/client\//],
]
/** In per cent: what is less is not said. */
const LEAST = 0.5
const MOST_FUNCTIONS = 15

const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const byId = new Map(nodes.map((node) => [node.id, node]))
const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))

/** Native code that is in no group belongs to whoever called it. */
function groupOf(id) {
  const { functionName, url } = byId.get(id).callFrame
  const found = GROUPS.find(([, name, file]) => name.test(functionName) && file.test(url))
  if (found) return found[0]
  return url === '' && parents.has(id) ? groupOf(parents.get(id)) : 'the rest'
}

/** Idle, or the profiler itself as it is started and stopped. */
function isLeftOut({ functionName, url }) {
  return functionName === '(idle)' || (functionName === 'dispatch' && url === '')
}

const groups = new Map()
const functions = new Map()
let busy = 0
for (const [nth, id] of samples.entries()) {
  const { callFrame } = byId.get(id)
  if (isLeftOut(callFrame)) continue
  busy += timeDeltas[nth]
  add(groups, groupOf(id), timeDeltas[nth])
  add(functions, `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').at(-1)}`, timeDeltas[nth])
}

function add(sums, key, time) {
  sums.set(key, (sums.get(key) ?? 0) + time)
}

function print(sums, most) {
  const rows = [...sums].map(([key, time]) => [key, (100 * time) / busy]).sort(([, one], [, other]) => other - one)
  for (const [key, share] of rows.slice(0, most)) if (share >= LEAST) console.log(`${share.toFixed(1).padStart(5)} %  ${key}`)
}

console.log(`busy for ${Math.round(busy / 1000)} ms`)
print(groups, Infinity)
console.log('busiest functions')
print(functions, MOST_FUNCTIONS)
