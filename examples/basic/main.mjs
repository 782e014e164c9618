import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { createClient } from 'millrace/client'
import { serve } from 'millrace/node'

// A server: work is a generator, and what it yields is streamed.
const count = defineRun({
  async *run({ input, signal }) {
    for (let n = 1; n <= input.to && !signal.aborted; n += 1) {
      yield `${n} `
      await sleep(5)
    }
  },
})
const app = createMillrace({ store: memory(), runs: { count }, authenticate: anyone })
const server = await serve(app, { port: 0 })

// A client reads it as it comes.
const client = createClient(server.url)
const run = await client.start('count', { to: 20 })
for await (const text of run.text()) process.stdout.write(text)

// A reader that leaves changes nothing: from its cursor, any other goes on exactly where it stood.
const longer = await client.start('count', { to: 1000 })
const reader = longer.batches()
console.log('\nbefore the cut:', await someText(reader))
console.log('after the cut:', await someText(longer.batches({ after: reader.cursor })))

// Cancelling does stop the work, for everyone.
await longer.cancel()
console.log('at last:', (await longer.result).status)

await server.close()
await app.close()

async function someText(batches) {
  for await (const entries of batches) {
    const text = entries.map((entry) => entry.text ?? '').join('')
    if (text !== '') return text
  }
}
