import { anyone, createMillrace, defineRun, memory } from 'millrace'

const milling = defineRun({ run: 'elsewhere', recover: 'resume' })
const millrace = createMillrace({ store: memory(), runs: { milling }, authenticate: anyone })
const run = await millrace.start('milling', { sacks: 3 }, { principal: 'anyone' })

const producer = await millrace.produce(run.id)
await producer.append('Milling ')
await producer.append({ type: 'status', status: 'half', message: 'Half of it' })
await producer.checkpoint({ half: true })
await producer.append('done.')
await producer.finish({ bags: 3 })

const { text, result } = await run.result
console.log(text, result)
await millrace.close()
