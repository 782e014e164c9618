import { afterEach, beforeEach, expect, test } from 'vitest'
import { MillraceError, PublicError } from '../event/error.ts'
import { until } from '../../../../test/support/run/faulty.ts'
import { Office } from '../../../../test/support/run/office.ts'
import type { AnyRunDefinition } from './define.ts'
import type { HandProducer } from './hand-producer.ts'

let office: Office
beforeEach(() => {
  office = new Office()
})
afterEach(() => office.close())

const ada = { principal: 'ada' }
const elsewhere = { run: 'elsewhere' } as const
const resumable: AnyRunDefinition = { run: 'elsewhere', recover: 'resume' }

async function begun(kind: AnyRunDefinition = elsewhere): Promise<{ readonly id: string; readonly producer: HandProducer; readonly desk: ReturnType<Office['open']> }> {
  const desk = office.open({ it: kind }, { lease: 200 })
  const { record } = await desk.worker.start('it', { to: 'say' }, ada)
  expect(record.status).toBe('queued')
  return { id: record.id, producer: await desk.worker.produce(record.id), desk }
}

test('what it appends is the log, in order, and finish is its end', async () => {
  const { id, producer } = await begun()
  expect(producer).toMatchObject({ input: { to: 'say' }, attempt: 1, resumed: null })
  await producer.append('one ')
  await Promise.all([producer.append({ type: 'status', status: 'half' }), producer.append('two')])
  await producer.finish({ words: 2 })
  expect(await office.text(id)).toBe('one two')
  expect((await office.entries(id)).map(({ type }) => type)).toEqual(['start', 'block_start', 'delta', 'status', 'delta', 'end'])
  expect(await office.end(id)).toMatchObject({ status: 'completed', result: { words: 2 } })
  await expect(producer.append('more')).rejects.toMatchObject({ code: 'fenced' })
})

test('fail tells the public words of an error, and of another nothing', async () => {
  const [one, two] = [await begun(), await begun()]
  await one.producer.fail(new PublicError('no_flour', 'The mill is empty.'))
  await two.producer.fail(new Error('postgres://secret'))
  expect(await office.end(one.id)).toMatchObject({ status: 'failed', error: { code: 'no_flour', message: 'The mill is empty.' } })
  expect(await office.end(two.id)).toMatchObject({ status: 'failed', error: { code: 'internal' } })
})

test('a run has one producer, and none once it has ended', async () => {
  const { id, producer } = await begun()
  const other = office.open({ it: elsewhere })
  await expect(other.worker.produce(id)).rejects.toMatchObject({ code: 'busy' })
  await producer.finish()
  await expect(other.worker.produce(id)).rejects.toMatchObject({ code: 'busy' })
})

test('cancel aborts its signal, and whatever it says then is refused', async () => {
  const { id, producer, desk } = await begun()
  await producer.append('before')
  await desk.worker.cancel(id)
  await until(() => producer.signal.aborted, 'the cancel')
  expect(await office.end(id)).toMatchObject({ status: 'cancelled' })
  await until(() => producer.append('after').then(() => false, (error: unknown) => error instanceof MillraceError && error.code === 'fenced'), 'the refusal')
  expect(await office.text(id)).toBe('before')
})

test('a producer that dies is followed by the next one, with the checkpoint and every entry', async () => {
  const { id, producer, desk } = await begun(resumable)
  await producer.append('saved ')
  await producer.checkpoint({ at: 1 })
  await producer.append('and said ')
  await until(async () => (await office.text(id)) === 'saved and said ', 'the commit')
  office.kill(desk)
  const next = office.open({ it: resumable })
  const heir = await whenFree(() => next.worker.produce(id))
  expect(heir.resumed?.checkpoint?.data).toEqual({ at: 1 })
  expect(await heir.resumed?.text()).toBe('saved and said ')
  await heir.append('on')
  await heir.finish()
  expect(await office.text(id)).toBe('saved and said on')
})

test('one that is given back waits for the next producer, who loses nothing', async () => {
  const { id, producer } = await begun(resumable)
  await producer.append('half ')
  await producer.release()
  expect(await office.record(id)).toMatchObject({ status: 'queued', losses: 0 })
  const heir = await office.open({ it: resumable }).worker.produce(id)
  await heir.append('whole')
  await heir.finish()
  expect(await office.text(id)).toBe('half whole')
})

test('one whose policy is to fail ends as lost, by whichever process knows the kind', async () => {
  const { id, desk } = await begun()
  office.kill(desk)
  office.open({ it: elsewhere })
  expect(await office.end(id)).toMatchObject({ status: 'failed', error: { code: 'producer_lost' } })
})

/** Once the lease of whoever died has run out. */
async function whenFree<T>(take: () => Promise<T>): Promise<T> {
  let taken: { readonly value: T } | null = null
  await until(async () => {
    taken = await take().then((value) => ({ value }), () => null)
    return taken !== null
  }, 'the lease to run out')
  return taken!.value
}
