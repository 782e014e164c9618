import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineRun } from '../run/define.ts'
import { memory } from '../store/memory.ts'
import { createMillrace } from './app.ts'
import { anyone } from './authenticate.ts'

const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 20_000 }), fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())), { maxLength: 5 })

test('the bytes a run says are those that are downloaded', async () => {
  await fc.assert(fc.asyncProperty(pieces, async (said) => {
    const film = defineRun({ run: async function* () { yield* said } })
    const app = createMillrace({ store: memory(), runs: { film }, authenticate: anyone })
    try {
      const response = await app.fetch(new Request('http://localhost/runs/film', {
        method: 'POST', body: 'null', headers: { 'Content-Type': 'application/json', 'Accept': 'application/octet-stream' },
      }))
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.concat(said.map((piece) => Buffer.from(piece as string))))
    } finally {
      await app.close()
    }
  }), { numRuns: 25 })
})
