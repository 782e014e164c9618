import { json } from 'node:stream/consumers'
import { startMeter } from '../lib/meter.mjs'

/**
 * What every contender does around its generations: says where a POST of `{ tokens, rate }` starts
 * one that streams in its answer, and says what it used between `go` and `stop`.
 * @param {string} url
 */
export function contend(url) {
  let stop
  process.on('message', (message) => {
    if (message === 'go') stop = startMeter()
    else process.send({ ...stop(), heap: heapUsed(), rss: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  process.send({ url })
}

/** What a plain `node:http` server does first. */
export function workOf(request) {
  return json(request)
}

/** What is alive, where Node was asked to let garbage be collected by hand. */
function heapUsed() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
