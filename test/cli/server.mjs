// A server for the tests of the command: `node server.mjs PORT [FILE]`. Its gated runs wait for the message `open`.
import { once } from 'node:events'
import { anyone, createMillrace, defineRun, memory, PublicError } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const [port, file] = process.argv.slice(2)
const opened = once(process, 'message')

const answer = defineRun({
  title: (input) => `About ${input}`,
  async *run({ input }) {
    yield { type: 'status', status: 'searching' }
    yield { type: 'progress', item: 'documents', status: 'running', done: 1, total: 2 }
    yield { type: 'progress', item: 'documents', status: 'completed', done: 2, total: 2 }
    yield { type: 'source', title: 'Water mills', url: 'https://example.org/mills' }
    yield 'A millrace leads '
    yield 'water to a wheel.\n'
    if (input === 'failure') throw new PublicError('no_water', 'The river is dry.')
  },
})

const hostile = defineRun({
  title: () => '\x1b]0;owned\x07Title\nof two lines',
  async *run() {
    yield { type: 'status', status: '\x1b[2Jcleared' }
    yield 'plain \x1b[31mred\x1b[0m \x9b1mbold\x07\ttab\r\n'
  },
})

const gated = defineRun({
  recover: 'resume',
  async *run({ resumed, signal }) {
    if (resumed === null) yield 'before '
    await Promise.race([opened, once(signal, 'abort')])
    yield 'after'
  },
})

const endless = defineRun({
  async *run({ signal }) {
    while (!signal.aborted) {
      yield `${'water '.repeat(1000)}\n`
      await new Promise(setImmediate)
    }
  },
})

const send = (question) => ({ id: question, signal: 'approval', message: `Shall I ${question} the letter?` })
const asking = defineRun({
  signals: { approval: (data) => data },
  async *run({ ask, input }) {
    const answers = await Promise.all(input.split(' ').map((question) => ask(send(question))))
    yield answers.map(({ approved }) => (approved ? 'Done.' : 'Not done.')).join(' ')
  },
})

const app = createMillrace({
  store: file === undefined ? memory() : sqlite(file),
  doctor: true,
  runs: { answer, hostile, gated, endless, asking },
  authenticate: (request) => (request.headers.get('Authorization') === 'Bearer wrong' ? null : anyone(request)),
  lease: 1_000,
})
const { url } = await serve(app, { port: Number(port) })
process.on('disconnect', () => process.exit())
process.send(url)
