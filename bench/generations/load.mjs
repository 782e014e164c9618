// Who asks and reads: plain sockets that look for the marks of tokens and do nothing else, so that they cost little.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { startMeter } from '../lib/meter.mjs'
import { MARK, microseconds, STAMP_LENGTH } from './source.mjs'

/** A listening socket's queue is short, and who finds it full tries again after a second, then three: so many connect at a time. */
const DOORS = 100

const { url, atOnce, runs, warmUp, tokens, rate, window } = JSON.parse(process.argv[2])
const { hostname, port, pathname, host } = new URL(url)
const mark = MARK.charCodeAt(0)
const zero = '0'.charCodeAt(0)
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
/** One for all: what is read is looked at before anything else is. */
const buffer = Buffer.allocUnsafe(256 * 1024)

let bytes = 0
let latencies = new Float64Array(runs * tokens)
let received = 0
/** Runs that have said something. */
let begun = 0
let doors = DOORS
const queue = []

/** One generation, from its request to the end of its answer. */
async function ask() {
  let count = 0
  const callback = (length) => {
    const now = microseconds()
    bytes += length
    for (let at = buffer.indexOf(mark); at !== -1 && at < length; at = buffer.indexOf(mark, at + 1)) {
      if ((count += 1) === 1) begun += 1
      // One that was cut by the end of a read is counted and not timed.
      if (at + STAMP_LENGTH < length) latencies[received++] = now - stampAt(at + 1)
    }
    // Some answer `keep-alive` to `close`, and would be waited for until their server's own clock closes: five seconds.
    if (count === tokens && buffer.subarray(length - LAST_CHUNK.length, length).equals(LAST_CHUNK)) socket.end()
    return true
  }
  const body = JSON.stringify({ tokens, rate })
  if (doors === 0) await new Promise((resolve) => queue.push(resolve))
  else doors -= 1
  const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback } }, () => {
    const next = queue.shift()
    if (next) next()
    else doors += 1
  })
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
  for (let number = 0; number < Math.min(atOnce, count); number += 1) askers.push(asker())
  await Promise.all(askers)
}

/** All of them under way, and so many ms of it looked at: what a start and an end cost is not in it. */
async function lookInto(milliseconds) {
  askFor(runs).catch((error) => { throw error })
  while (begun < runs) await pause(50)
  await told()
  const stop = startMeter()
  await pause(milliseconds)
  return stop()
}

async function told() {
  received = 0
  bytes = 0
  process.send('ready')
  await once(process, 'message')
}

async function fromStartToEnd() {
  await askFor(warmUp)
  await told()
  const stop = startMeter()
  await askFor(runs)
  return stop()
}

function percentile(share) {
  return latencies[Math.min(received - 1, Math.floor(received * share))] / 1000
}

process.on('disconnect', () => process.exit())
const used = window === undefined ? await fromStartToEnd() : await lookInto(window)
const total = window === undefined ? runs * tokens : received
latencies = latencies.subarray(0, received).sort()
process.send({ ...used, bytes, total, p50: percentile(0.5), p99: percentile(0.99) })
