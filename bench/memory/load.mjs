// Readers that take what greets them and then hear nothing.
import { connect } from 'node:net'
import { once } from 'node:events'

const { url, readers } = JSON.parse(process.argv[2])
const { hostname, port, pathname, host } = new URL(url)
/** A listening socket's queue is short: this many connect at a time. */
const WAVE = 100

async function open() {
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`)
  await once(socket, 'data')
}

for (let reader = 0; reader < readers; reader += WAVE) await Promise.all(Array.from({ length: Math.min(WAVE, readers - reader) }, open))
process.on('disconnect', () => process.exit())
process.send('ready')
