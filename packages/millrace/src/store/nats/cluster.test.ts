import { type TestContext, afterAll, describe, expect, test } from 'vitest'
import { engine } from '../../../../../test/support/engines.ts'
import { natsHarness, withConnection } from '../../../../../test/support/nats-harness.ts'
import { type NatsCluster, keepsReplicas, startNatsCluster } from '../../../../../test/support/nats-server.ts'
import { patient } from '../../../../../test/support/patient.ts'
import { conformanceCases } from '../testing/cases.ts'
import { idPart } from '../testing/fixtures.ts'
import { nats } from './store.ts'

let starting: Promise<NatsCluster> | undefined
afterAll(async () => (await starting)?.[Symbol.asyncDispose]())

function clusterFor(context: Pick<TestContext, 'skip'>): Promise<NatsCluster> {
  const program = engine('nats-server', context)
  return (starting ??= startNatsCluster(program))
}

/** Every case of the suite, one after the other on one cluster. */
function conformsWith(replicas: number): void {
  for (const each of conformanceCases) {
    test(each.name, { timeout: 60_000 }, async (context) => {
      const { servers } = await clusterFor(context)
      const open = withConnection(servers, replicas)
      // Three servers on the cores of one: an answer may take longer than a store waits for it.
      await each.run(natsHarness(servers, async (prefix) => patient(await open(prefix))))
    })
  }
}

describe('the NATS store on a cluster of three with streams on 1', () => conformsWith(1))
if (keepsReplicas()) describe('the NATS store on a cluster of three with streams on 3', () => conformsWith(3))

test.runIf(!keepsReplicas())('replicas are refused where the server would take a write from two at once', async (context) => {
  const { nodes: [node] } = await clusterFor(context)
  const store = nats(node?.url ?? '', { replicas: 3 })
  await expect(store.find(idPart())).rejects.toMatchObject({ code: 'store_failed', message: expect.stringContaining('2.12') as string })
  await store.close()
})
