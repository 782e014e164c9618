// The readers: plain sockets that count frames and do nothing else, so that they cost little.
import { connect } from 'node:net'
import { startMeter } from '../lib/meter.mjs'

const LF = 0x0a
/** A listening socket's queue is short: this many connect at a time. */
const WAVE = 100

const { url, readers, greeting, events } = JSON.parse(process.argv[2])
const { hostname, port, pathname, host } = new URL(url)
const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`

const counts = new Uint32Array(readers)
let total = 0
let bytes = 0
let onCount = () => {}

function open(reader) {
  const buffer = Buffer.allocUnsafe(64 * 1024)
  let last = 0
  // A frame ends in two line feeds; HTTP's own lines end in CR LF, so nothing else does.
  const callback = (length) => {
    let frames = 0
    for (let index = 0; index < length; index += 1) {
      const byte = buffer[index]
      if (byte === LF && last === LF) frames += 1
      last = byte
    }
    bytes += length
    counts[reader] += frames
    total += frames
    onCount()
    return true
  }
  const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback } })
  socket.write(request)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('The server closed a stream.')))
}

function fail(error) {
  if (!process.connected) return
  console.error(`A reader failed: ${error.message}`, error.code === 'EMFILE' ? '(raise the hard limit of open files)' : '')
  process.exit(1)
}

function counted(frames) {
  return new Promise((resolve) => {
    onCount = () => {
      if (total >= frames) resolve()
    }
    onCount()
  })
}

for (let reader = 0; reader < readers; reader += WAVE) {
  const wave = Math.min(reader + WAVE, readers)
  for (let next = reader; next < wave; next += 1) open(next)
  await counted(wave * greeting)
}
process.on('disconnect', () => process.exit())
process.send('ready')
const stop = startMeter()
bytes = 0
await counted(readers * (greeting + events))
const used = stop()
const exact = counts.every((count) => count === greeting + events)
process.send({ ...used, bytes, exact })
