// Tools, both ways: a run that waits in place for an approval, and one that hands its call back to the client. Run it:
// node examples/tools/main.mjs
import { anthropic, anyone, createMillrace, defineRun, memory } from 'millrace'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'
import { z } from 'zod'

/** A tool that does something out there. What has the same id was done before. */
const sent = new Map()
function sendLetter(id, { to }) {
  if (!sent.has(id)) sent.set(id, to)
  return `A letter to ${to} is on its way.`
}

/** In place of a model: it always wants the one tool. */
async function* planOf(run, to) {
  const call = { id: `call_${run}`, name: 'send_letter', input: { to } }
  yield { type: 'block_start', kind: 'tool_call', id: call.id, name: call.name }
  yield { type: 'delta', text: JSON.stringify(call.input) }
  yield { type: 'block_end' }
  return call
}

const clerk = defineRun({
  input: z.object({ to: z.string() }),
  signals: { approval: z.object({ approved: z.boolean(), message: z.string().optional() }) },
  recover: 'resume',
  timeLimit: 24 * 3600_000,
  async *run({ run, input, ask, resumed, checkpoint }) {
    const call = resumed?.checkpoint?.data ?? (yield* planOf(run, input.to))
    checkpoint(call)
    const { approved, message } = await ask({ id: call.id, signal: 'approval', call: call.id, message: `Send a letter to ${input.to}?` })
    yield { type: 'block_start', kind: 'tool_result', id: call.id, name: call.name, ...(approved ? {} : { failed: true }) }
    yield { type: 'delta', text: approved ? sendLetter(call.id, call.input) : (message ?? 'Not approved.') }
    yield { type: 'block_end' }
    yield approved ? 'Done.' : 'Then I will not.'
  },
})

const planner = defineRun({
  input: z.object({ to: z.string(), result: z.string().nullable() }),
  async *run({ run, input }) {
    if (input.result !== null) return yield `I was told: ${input.result}`
    yield* planOf(run, input.to)
    yield { type: 'finish', reason: 'tool_calls' }
  },
})

/** What the Messages API sends: the question, and behind the call what became of it. */
function inputOf({ messages }) {
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content))
  const result = blocks.findLast(({ type }) => type === 'tool_result')
  return { to: blocks.find(({ type }) => type === 'text')?.text ?? '', result: result?.content ?? null }
}

const { STORE, PORT = '8787' } = process.env
const app = createMillrace({
  store: STORE === undefined ? memory() : sqlite(STORE),
  runs: { clerk, planner },
  routes: { '/v1/messages': { kind: 'planner', dialect: anthropic, input: inputOf } },
  authenticate: anyone,
  lease: 1_000,
})
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
