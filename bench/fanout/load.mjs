// The readers: plain sockets that count marks and do nothing else, so that they cost little.
import { connect } from 'node:net'
import { startMeter } from '../lib/meter.mjs'
import { MARK } from './token.mjs'

/** A listening socket's queue is short: this many connect at a time. */
const WAVE = 100
const MARK_BYTE = MARK.charCodeAt(0)

const { url, readers } = JSON.parse(process.argv[2])
const { hostname, port, pathname, search, host } = new URL(url)
const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`

const counts = new Uint32Array(readers)
/** When each event reached each reader, where somebody wants to know. */
let arrivals = null
let total = 0
let bytes = 0
let onCount = () => {}

function open(reader) {
  const buffer = Buffer.allocUnsafe(64 * 1024)
  const callback = (length) => {
    const before = counts[reader]
    const read = buffer.subarray(0, length)
    for (let at = read.indexOf(MARK_BYTE); at !== -1; at = read.indexOf(MARK_BYTE, at + 1)) counts[reader] += 1
    bytes += length
    total += counts[reader] - before
    if (arrivals) note(reader, before)
    onCount()
    return true
  }
  const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback } })
  socket.write(request)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('The server closed a stream.')))
}

function note(reader, from) {
  const now = Number(process.hrtime.bigint()) / 1e6
  for (let event = from; event < counts[reader]; event += 1) arrivals[event * readers + reader] = now
}

function fail(error) {
  if (!process.connected) return
  console.error(`A reader failed: ${error.message}`, error.code === 'EMFILE' ? '(raise the hard limit of open files)' : '')
  process.exit(1)
}

function counted(marks) {
  return new Promise((resolve) => {
    onCount = () => {
      if (total >= marks) resolve()
    }
    onCount()
  })
}

async function count({ events, rate }) {
  counts.fill(0)
  arrivals = rate === undefined ? null : new Float64Array(readers * events)
  total = 0
  bytes = 0
  const stop = startMeter()
  process.send('counting')
  await counted(readers * events)
  const used = stop()
  process.send({ ...used, bytes, exact: counts.every((one) => one === events) })
}

function latencies({ sentAt }) {
  const sorted = arrivals.map((at, index) => at - sentAt[Math.floor(index / readers)]).sort()
  const at = (share) => sorted[Math.floor(sorted.length * share)]
  process.send({ p50: at(0.5), p99: at(0.99) })
}

for (let reader = 0; reader < readers; reader += WAVE) {
  const wave = Math.min(reader + WAVE, readers)
  for (let next = reader; next < wave; next += 1) open(next)
  await counted(wave)
}
process.on('disconnect', () => process.exit())
process.on('message', (order) => (order.sentAt ? latencies(order) : void count(order)))
process.send('ready')
