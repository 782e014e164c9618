import { badLine } from './bad-line.ts'
import { ask, startRedis } from './redis-server.ts'
import { until } from './run/faulty.ts'

/** A primary with a replica, and one address that stands for whichever is the primary at the time. */
export interface RedisPair extends AsyncDisposable {
  readonly url: string
  /** Resolves when the replica has all that the primary had when it was asked. */
  inStep(): Promise<void>
  /** From now on the replica is told nothing more. */
  fallBehind(): void
  /** The primary is killed, and the replica takes its place with what it has. */
  failOver(): Promise<void>
}

export async function startRedisPair(program: string): Promise<RedisPair> {
  const [primary, replica] = await Promise.all([startRedis(program), startRedis(program)])
  let serving = primary
  const link = await badLine(() => ({ host: '127.0.0.1', port: primary.port }))
  const front = await badLine(() => ({ host: '127.0.0.1', port: serving.port }))
  await ask(replica.port, ['REPLICAOF', link.host, String(link.port)])
  const told = async (port: number, field: string): Promise<string | undefined> =>
    new RegExp(`${field}:(\\S+)`).exec(await ask(port, ['INFO', 'replication']))?.[1]
  const inStep = (): Promise<void> => until(async () => {
    const isLinked = (await told(replica.port, 'master_link_status')) === 'up'
    // Who writes meanwhile moves the one while the other is asked: equal they may never be.
    const asked = Number(await told(primary.port, 'master_repl_offset'))
    return isLinked && Number(await told(replica.port, 'slave_repl_offset')) >= asked
  }, 'the replica is in step', 20_000)
  await inStep()
  return {
    url: `redis://${front.host}:${String(front.port)}`,
    inStep,
    fallBehind: () => void link.stall(),
    async failOver() {
      await primary.kill()
      await ask(replica.port, ['REPLICAOF', 'NO', 'ONE'])
      serving = replica
    },
    async [Symbol.asyncDispose]() {
      for (const each of [front, link, primary, replica]) await each[Symbol.asyncDispose]()
    },
  }
}
