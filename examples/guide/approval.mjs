// A run that asks back: it waits for an approval over a restart of its server. Run it: node examples/guide/approval.mjs
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyone, createMillrace, defineRun } from 'millrace'
import { sqlite } from 'millrace/sqlite'
import { z } from 'zod'

const letter = defineRun({
  signals: { approval: z.object({ approved: z.boolean(), words: z.string().default('') }) },
  async *run({ signals, resumed, checkpoint }) {
    if (!resumed) yield { type: 'status', status: 'waiting', message: 'Shall I send the letter?' }
    const approval = resumed?.checkpoint?.data ?? (await signals.next()).value.data
    // What was answered is kept in the write that says the answer is done with: nobody is asked twice.
    checkpoint(approval)
    yield approval.approved ? 'Sent.' : `Not sent: ${approval.words}`
    return approval
  },
})

const folder = await mkdtemp(join(tmpdir(), 'millrace-approval-'))
const createApp = () => createMillrace({ store: sqlite(join(folder, 'log.db')), runs: { letter }, authenticate: anyone })
const principal = 'ada'

const before = createApp()
const asked = await before.start('letter', null, { principal })
for await (const entry of asked.follow()) {
  if (entry.type !== 'status') continue
  console.log(entry.message)
  break
}
await before.close()

const after = createApp()
const run = await after.open(asked.id, { principal })
console.log('after a restart it is', (await run.snapshot()).status)
console.log('no approval:', await run.signal({ type: 'approval', data: 'maybe' }).catch((error) => error.code))
await run.signal({ type: 'approval', data: { approved: false, words: 'too long' }, id: 'first-answer' })
await run.signal({ type: 'approval', data: { approved: true }, id: 'first-answer' })
const { status, text, result } = await run.result
console.log(status, text, result)
await after.close()
await rm(folder, { recursive: true })
