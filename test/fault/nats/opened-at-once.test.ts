import { expect, test } from 'vitest'
import { nats } from '../../../packages/millrace/src/store/nats/store.ts'
import { idPart } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { engine } from '../../support/engines.ts'
import { startNats } from '../../support/nats-server.ts'

test('many that open the same new store at once all get it', { timeout: 60_000 }, async (context) => {
  await using server = await startNats(engine('nats-server', context))
  for (let round = 0; round < 60; round += 1) {
    const stores = Array.from({ length: 8 }, () => nats(server.url, { prefix: `round-${String(round)}` }))
    const id = idPart()
    expect(await Promise.all(stores.map((store) => store.find(id)))).toEqual(stores.map(() => null))
    await Promise.all(stores.map((store) => store.close()))
  }
})
