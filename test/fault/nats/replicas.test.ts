import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { insist } from '../../../packages/millrace/src/run/insist.ts'
import type { Lease, RunId, Store } from '../../../packages/millrace/src/store/store.ts'
import { expectLog, newNonce, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { LONG } from '../../../packages/millrace/src/store/testing/harness.ts'
import { engine } from '../../support/engines.ts'
import { connectedTo, withConnection } from '../../support/nats-harness.ts'
import { keepsReplicas, type NatsCluster, type NatsServer, startNatsCluster } from '../../support/nats-server.ts'
import { until } from '../../support/run/faulty.ts'

/** In ms: more than any election here takes. */
const PATIENCE = 60_000

/** The server that leads the stream of logs. */
async function leaderOf({ servers, nodes }: NatsCluster, prefix: string): Promise<NatsServer> {
  const connection = await connectedTo(servers)
  try {
    const { streams } = await jetstreamManager(connection, { checkAPI: false })
    let leader: NatsServer | undefined
    await until(async () => {
      const { cluster } = await streams.info(prefix).catch(() => ({ cluster: undefined }))
      leader = nodes[Number(cluster?.leader?.slice(1))]
      return leader !== undefined
    }, 'somebody leads', PATIENCE)
    return leader!
  } finally {
    await connection.close()
  }
}

/** Takes a run over and over from another who does the same, and writes a word each time; gives the fences it was given. */
async function contend(store: Store, run: RunId, name: string, words: number): Promise<{ readonly fences: readonly number[]; readonly texts: readonly string[] }> {
  const fences: number[] = []
  const texts: string[] = []
  while (texts.length < words) {
    const taken = await insist(() => store.acquire(run, newNonce(), LONG, { revoke: true }), PATIENCE)
    if (taken === null) continue
    fences.push(taken.lease.fence)
    const text = `${name} ${String(texts.length)} `
    if (await isWritten(store, run, taken.lease, taken.record.tail, text)) texts.push(text)
  }
  return { fences, texts }
}

async function isWritten(store: Store, run: RunId, lease: Lease, tail: number, text: string): Promise<boolean> {
  return insist(() => store.append(run, lease, says(tail, text)), PATIENCE).then(() => true, (error: unknown) => {
    expect(error).toMatchObject({ code: 'fenced' })
    return false
  })
}

test.runIf(keepsReplicas())('servers that lead are killed one after another: nothing acknowledged is lost or doubled, and no fence is given twice', { timeout: 180_000 }, async (context) => {
  await using cluster = await startNatsCluster(engine('nats-server', context))
  const open = withConnection(cluster.servers, 3)
  const [one, other] = [await open('led'), await open('led')]
  const { run, lease } = await start(one)
  const contended = await start(one)
  const contending = Promise.all([contend(one, contended.run, 'one', 40), contend(other, contended.run, 'other', 40)])
  const texts: string[] = []
  // Of a wider type, because a closure changes it.
  let isOver = false as boolean
  const writing = (async () => {
    while (!isOver) {
      const text = `${String(texts.length)} `
      await insist(() => one.append(run, lease, says(texts.length + 1, text)), PATIENCE)
      texts.push(text)
    }
  })()
  for (let kills = 0; kills < 3; kills++) {
    const leader = await leaderOf(cluster, 'led')
    const before = texts.length
    await until(() => texts.length > before + 10, 'it is written to', PATIENCE)
    await leader.kill()
    const killed = texts.length
    await until(() => texts.length > killed + 10, 'the two others go on', PATIENCE)
    await leader.start()
  }
  isOver = true
  await writing
  const [a, b] = await contending
  await expectLog(other, run, texts, 'the log')
  const fences = [...a.fences, ...b.fences]
  expect(new Set(fences).size).toBe(fences.length)
  const { batches } = await insist(() => other.read(contended.run, 1, 1_000_000), PATIENCE)
  const said = batches.map(({ bytes }) => (JSON.parse(new TextDecoder().decode(bytes)) as { text: string }).text)
  expect([...said].sort()).toEqual([...a.texts, ...b.texts].sort())
  await Promise.all([one.close(), other.close()])
})
