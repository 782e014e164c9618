import { expect, test, vi } from 'vitest'
import { Arriving } from '../../../../../test/support/arriving.ts'
import { posting, testApp } from '../../../../../test/support/app.ts'
import { PublicError } from '../../event/error.ts'
import { defineRun } from '../../run/define.ts'
import { createProgressTracker } from './tracker.ts'
import { workflow } from './workflow.ts'

interface Export {
  readonly parent: string
  readonly name: string
  readonly fails: boolean
}

/** Feeds an item of its starter's workflow, and goes on until it fails or nobody reads it. */
const exporting = defineRun<Export, null>({
  cancelWhenUnread: 1,
  progress: ({ parent, name }) => ({ parent, name }),
  async *run({ run, input, signal }) {
    yield 'row '
    yield { type: 'progress', item: run, status: 'running', done: 1, total: 2 }
    if (input.fails) throw new PublicError('full', 'The disk is full.')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return null
  },
})

test('a run whose reader leaves is a cancelled item, one that fails a failed one, and the rest of the workflow goes on', async () => {
  await using server = testApp({ runs: { workflow, exporting } })
  const tracker = createProgressTracker(server.app, { principal: 'ada' })
  const cloth = await tracker.createWorkflow({ name: 'cloth' })
  const step = await tracker.addItem(cloth, { name: 'export' })
  await tracker.startItem(step)
  const reading = async (name: string, fails: boolean): Promise<Arriving> => {
    const input: Export = { parent: step, name, fails }
    const arriving = new Arriving(await server.ask('/runs/exporting', posting(input, { Accept: 'text/event-stream' })))
    await arriving.until('row')
    return arriving
  }
  const [left, kept] = [await reading('left', false), await reading('kept', false)]
  await reading('broken', true)
  await left.leave()
  await vi.waitFor(async () => {
    const { items } = await tracker.getSnapshot(cloth)
    expect(Object.fromEntries(items.map(({ name, status }) => [name, status]))).toEqual({
      cloth: 'running', export: 'running', left: 'cancelled', kept: 'running', broken: 'failed',
    })
  }, { timeout: 10_000 })
  await kept.leave()
})
