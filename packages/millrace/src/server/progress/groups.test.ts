import { afterEach, expect, test, vi } from 'vitest'
import { Log } from '../../../../../test/support/log.ts'
import { Tails } from '../../run/tails.ts'
import { memory } from '../../store/memory.ts'
import { Groups } from './groups.ts'

afterEach(() => void vi.useRealTimers())

const logger = { warn: () => undefined, error: () => undefined }

test('who asks for any number of groups once does not keep the server looking for their runs', async () => {
  const store = memory()
  const tails = new Tails(store)
  const groups = new Groups(store, tails, logger)
  const logs = await Promise.all(Array.from({ length: 150 }, () => Log.begin(store)))
  vi.useFakeTimers()
  for (const { run } of logs) await groups.of('ada', run)
  const list = vi.spyOn(store, 'list')
  await vi.advanceTimersByTimeAsync(2_000)
  list.mockClear()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(list.mock.calls.length).toBeGreaterThan(0)
  expect(list.mock.calls.length).toBeLessThanOrEqual(100)
  groups.close()
  tails.close()
  await store.close()
})
