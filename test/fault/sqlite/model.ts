/**
 * A process that answers by a model behind another server of ours: `model.mjs FILE URL [start]`. It says
 * the run's id where it started one, and then waits to be killed.
 */
import { writeSync } from 'node:fs'
import { anyone, createMillrace, defineRun } from '../../../packages/millrace/src/index.ts'
import { answerWith, anthropicModel } from '../../../packages/millrace/src/model/index.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/index.ts'

const [, , file = '', baseURL = '', start] = process.argv

const model = anthropicModel({ model: 'upstream', baseURL, continues: true })
const answer = defineRun({ recover: 'resume', attempts: 1_000, run: answerWith(model, ({ input }) => [{ role: 'user', text: String(input) }]) })
const app = createMillrace({ store: sqlite(file), runs: { answer }, authenticate: anyone, lease: 300 })

if (start !== undefined) writeSync(1, `${(await app.start('answer', 'Why?', { principal: 'ada' })).id}\n`)
// A lease is renewed by a timer that keeps no process alive.
setInterval(() => undefined, 1_000)
