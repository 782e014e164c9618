import { startMeter } from '../lib/meter.mjs'

/**
 * What every contender does around its burst: says where it listens and how many events greet a
 * reader, waits for `go`, and says what it used once it is told that all was received.
 * @param {{ url: string, greeting: number, burst: () => void }} contender
 */
export function contend({ url, greeting, burst }) {
  let stop
  process.on('message', (message) => {
    if (message === 'go') {
      stop = startMeter()
      burst()
    } else process.send(stop())
  })
  process.on('disconnect', () => process.exit())
  process.send({ url, greeting })
}
