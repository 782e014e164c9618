import { createServer } from 'node:http'
import { startMeter } from '../lib/meter.mjs'

/** Says where it listens, then what it used between one message and the next. */
export function contend(url) {
  let stop = startMeter()
  process.on('message', () => {
    process.send(stop())
    stop = startMeter()
  })
  process.on('disconnect', () => process.exit())
  process.send({ url })
}

/** Listens with a plain request listener and contends. */
export function contendWith(listener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1', () => contend(`http://127.0.0.1:${server.address().port}/`))
}
