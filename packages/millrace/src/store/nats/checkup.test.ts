import { expect, test } from 'vitest'
import type { NatsConnection } from './clients.ts'
import { checkReplicas, checkUp } from './checkup.ts'

/** What a server tells of itself; old ones cannot be had here. */
function server(version: string): Pick<NatsConnection, 'info'> {
  return { info: { version, max_payload: 1, jetstream: true } }
}

const answering = { getAccountInfo: () => Promise.resolve(null) }

test('an old server is refused with the version it needs', async () => {
  for (const version of ['2.8.4', '1.4.1', '0.9.6', '']) {
    await expect(checkUp(server(version), answering)).rejects.toMatchObject({
      code: 'store_failed', message: expect.stringMatching(new RegExp(`version ${version.replaceAll('.', '\\.')}.*2\\.9 or later`)) as string,
    })
  }
})

test('2.9 and all that is later will do', async () => {
  for (const version of ['2.9.0', '2.9.10', '2.10.0', '2.12.1-beta.2', '3.0.0']) await checkUp(server(version), answering)
})

test('where JetStream does not answer though the server has it, it is not refused for good', async () => {
  const notYet = Object.assign(new Error('jetstream is not enabled'), { name: 'JetStreamNotEnabled' })
  await expect(checkUp(server('2.9.10'), { getAccountInfo: () => Promise.reject(notYet) })).rejects.toBe(notYet)
})

test('replicas are refused on servers that would take a write from two at once, and one is not', () => {
  for (const version of ['2.9.10', '2.10.29', '2.11.4']) {
    expect(() => checkReplicas(server(version), 3)).toThrow(/needs? version 2\.12.*`replicas: 1`/)
    expect(() => checkReplicas(server(version), 1)).not.toThrow()
  }
  for (const version of ['2.12.0', '2.14.6', '3.0.0']) expect(() => checkReplicas(server(version), 3)).not.toThrow()
})
