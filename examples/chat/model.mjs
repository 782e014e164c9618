// A chat with any OpenAI-compatible model. Run it: MODEL_URL=http://localhost:8000/v1 MODEL=qwen3 node examples/chat/model.mjs
import { anyone, createMillrace } from 'millrace'
import { conversation, createChat, defineTurn, toMessages } from 'millrace/chat'
import { answerWith, openaiModel } from 'millrace/model'
import { serve } from 'millrace/node'
import { sqlite } from 'millrace/sqlite'

const { MODEL_URL, MODEL = 'qwen3', PORT = '8787', STORE = '.millrace/chat.db' } = process.env
// A server that goes on with a message of the assistant: then `continues` works, and so does a takeover.
const model = openaiModel({ model: MODEL, baseURL: MODEL_URL, continues: 'assistant' })
const turn = defineTurn({ recover: 'resume', run: answerWith(model, toMessages) })
const app = createMillrace({
  store: sqlite(STORE),
  authenticate: anyone,
  runs: { conversation, turn },
  routes: { '/chat': createChat({ kind: 'turn', busy: 'queue' }) },
})
const { url } = await serve(app, { port: Number(PORT) })
console.log(`ready at ${url}`)
