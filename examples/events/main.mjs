import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'

// One of everything a handler can say.
const everything = defineRun({
  async *run() {
    yield { type: 'status', status: 'searching', message: 'Looking through 2 documents' }
    yield { type: 'progress', item: 'search', name: 'Search', status: 'running', done: 1, total: 2, at: 1 }
    yield { type: 'source', title: 'Mills', url: 'https://docs.example/mills', relevance: 0.92, excerpt: 'A race brings the water to the wheel.' }
    yield { type: 'delta', kind: 'reasoning', text: 'They ask what a race is.' }
    yield { type: 'block_start', kind: 'tool_call', id: 'call_1', name: 'lookup' }
    yield { type: 'delta', kind: 'tool_call', text: '{"word":"race"}' }
    yield { type: 'block_end' }
    yield { type: 'block_start', kind: 'tool_result', id: 'call_1' }
    yield { type: 'delta', kind: 'tool_result', text: 'a channel' }
    yield { type: 'block_end' }
    yield 'A mill race is '
    await sleep(100)
    yield 'a channel.'
    yield { type: 'file', name: 'race.png', url: 'https://files.example/race.png', mediaType: 'image/png' }
    yield { type: 'bytes', base64: 'AQID' }
    yield { type: 'error', error: { code: 'no_map', message: 'There is no map of this mill.' } }
    yield { type: 'usage', usage: { input: 12, output: 7 } }
    yield { type: 'mood', water: 'high' }
    yield { type: 'finish', reason: 'stop' }
    return { words: 5 }
  },
})
const millrace = createMillrace({ store: memory(), runs: { everything }, authenticate: anyone })
const { url } = await serve(millrace, { port: Number(process.env.PORT ?? 8787) })
console.log(`The teller is ready at ${url}`)
