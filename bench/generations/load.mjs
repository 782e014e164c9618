// Who asks and reads: plain sockets that look for the marks of tokens and do nothing else, so that they cost little.
import { once } from 'node:events'
import { connect } from 'node:net'
import { startMeter } from '../lib/meter.mjs'
import { MARK, microseconds, STAMP_LENGTH } from './source.mjs'

/** A listening socket's queue is short: this many connect at a time. */
const WAVE = 100

const { url, atOnce, runs, warmUp, tokens, rate } = JSON.parse(process.argv[2])
const { hostname, port, pathname, host } = new URL(url)
const mark = MARK.charCodeAt(0)
const zero = '0'.charCodeAt(0)
/** One for all: what is read is looked at before anything else is. */
const buffer = Buffer.allocUnsafe(256 * 1024)

let bytes = 0
let latencies = new Float64Array(runs * tokens)
let received = 0

/** One generation, from its request to the end of its answer. */
async function ask() {
  let count = 0
  const callback = (length) => {
    const now = microseconds()
    bytes += length
    for (let at = buffer.indexOf(mark); at !== -1 && at < length; at = buffer.indexOf(mark, at + 1)) {
      count += 1
      // One that was cut by the end of a read is counted and not timed.
      if (at + STAMP_LENGTH < length) latencies[received++] = now - stampAt(at + 1)
    }
    return true
  }
  const body = JSON.stringify({ tokens, rate })
  const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback } })
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nConnection: close\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  await once(socket, 'close')
  if (count !== tokens) throw new Error(`A generation gave ${count} tokens of ${tokens}.`)
}

function stampAt(start) {
  let value = 0
  for (let at = start; at < start + STAMP_LENGTH; at += 1) value = value * 10 + buffer[at] - zero
  return value
}

/** So many generations, always `atOnce` of them at the same time. */
async function askFor(count) {
  let left = count
  const asker = async () => {
    while (left > 0) {
      left -= 1
      await ask()
    }
  }
  const askers = []
  for (let number = 0; number < Math.min(atOnce, count); number += 1) {
    askers.push(asker())
    if (askers.length % WAVE === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(askers)
}

function percentile(share) {
  return latencies[Math.min(received - 1, Math.floor(received * share))] / 1000
}

process.on('disconnect', () => process.exit())
await askFor(warmUp)
received = 0
bytes = 0
process.send('ready')
await once(process, 'message')
const stop = startMeter()
await askFor(runs)
const used = stop()
latencies = latencies.subarray(0, received).sort()
process.send({ ...used, bytes, p50: percentile(0.5), p99: percentile(0.99) })
