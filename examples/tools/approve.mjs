// Answers what a run asks. Run it, beside main.mjs: node examples/tools/approve.mjs http://localhost:8787 RUN yes
import { createClient } from 'millrace/client'

const [url, id, word] = process.argv.slice(2)
const run = createClient(url).open(id)
for await (const entry of run.follow()) {
  if (entry.type === 'ask') await run.signal({ type: entry.signal, id: entry.id, data: { approved: word === 'yes', message: `I said ${word}` } })
  if (entry.type === 'answer') console.log(`What counts: ${entry.message}`)
}
