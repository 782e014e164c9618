import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { createClient } from 'millrace/client'
import { serve } from 'millrace/node'

const WORDS = 'The race brings the water to the wheel .'.split(' ')

const answer = defineRun({
  async *run({ run }) {
    for (const [at, word] of WORDS.entries()) {
      yield `${word} `
      yield { type: 'progress', item: run, name: 'answer', status: 'running', done: at + 1, total: WORDS.length }
    }
  },
})
const millrace = createMillrace({ store: memory(), runs: { answer }, authenticate: anyone })
const server = await serve(millrace, { port: 0 })

const run = await createClient(server.url).start('answer', null)
let text = ''
for await (const entry of run.follow()) {
  if (entry.type === 'delta') text += entry.text
  if (entry.type === 'progress') console.log(`${Math.round((100 * entry.done) / entry.total)} %`, text)
}

await server.close()
await millrace.close()
