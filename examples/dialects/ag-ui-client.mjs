// Asks an agent. Run it, beside ag-ui.mjs: node examples/dialects/ag-ui-client.mjs http://localhost:8787 Why?
import { HttpAgent } from '@ag-ui/client'

const [url, question] = process.argv.slice(2)
const agent = new HttpAgent({ url: `${url}/agent` })
agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: question })
await agent.runAgent({ runId: crypto.randomUUID() }, {
  onStepStartedEvent: ({ event }) => console.log(`(${event.stepName})`),
  onTextMessageContentEvent: ({ event }) => void process.stdout.write(event.delta),
  onRunErrorEvent: ({ event }) => console.error(`${event.code}: ${event.message}`),
})
