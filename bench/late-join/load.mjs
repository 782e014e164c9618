// The late reader: joins again and again, one at a time, and times each from the request to the last token's byte.
import { Agent, get } from 'node:http'
import { median } from '../lib/table.mjs'
import { LAST } from './answer.mjs'

const { url, accept, ends, joins } = JSON.parse(process.argv[2])
const agent = new Agent({ keepAlive: true })
const marker = Buffer.from(LAST)

/** @returns {Promise<{ ms: number, bytes: number }>} */
function join() {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const request = get(url, { agent, headers: { Accept: accept } }, (response) => {
      let bytes = 0
      let carry = Buffer.alloc(0)
      let whole = false
      const done = () => resolve({ ms: performance.now() - began, bytes })
      response.on('data', (chunk) => {
        bytes += chunk.length
        const seen = Buffer.concat([carry, chunk])
        whole ||= seen.includes(marker)
        carry = seen.subarray(-marker.length)
        if (!whole || ends) return
        done()
        response.destroy()
      })
      response.on('end', () => (whole ? done() : reject(new Error(`The body ended before its last token (${response.statusCode}).`))))
      response.on('error', (error) => { if (!whole) reject(error) })
    })
    request.on('error', reject)
  })
}

process.on('disconnect', () => process.exit())
process.on('message', async () => {
  const times = []
  let bytes = 0
  for (let left = joins; left > 0; left -= 1) {
    const joined = await join()
    times.push(joined.ms)
    bytes = joined.bytes
  }
  times.sort((a, b) => a - b)
  process.send({ ms: median(times), p90: times[Math.floor(times.length * 0.9)], bytes })
})
process.send('ready')
