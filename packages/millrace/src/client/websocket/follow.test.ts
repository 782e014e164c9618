import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FollowBody } from './follow.ts'

const MAX = 1000
const steps = fc.array(fc.oneof(fc.record({ frame: fc.integer({ min: 1, max: 400 }) }), fc.constant('read' as const)), { maxLength: 60 })

test('full it asks for a pause, once; at half it goes on, once', async () => {
  await fc.assert(fc.asyncProperty(steps, async (taken) => {
    const said: string[] = []
    const body = new FollowBody({ say: (type) => said.push(type), over: () => said.push('over') }, MAX)
    const reader = body.response.body!.getReader()
    const kept: number[] = []
    const buffered = (): number => kept.reduce((sum, length) => sum + length, 0)
    let isPaused = false
    for (const step of taken) {
      if (step === 'read') {
        const length = kept.shift()
        if (length !== undefined) expect((await reader.read()).value).toHaveLength(length)
      } else {
        const data = 'x'.repeat(step.frame)
        body.receive({ type: 'frames', ref: '1', frames: [{ data }] })
        kept.push(`data: "${data}"\n\n`.length)
      }
      await new Promise((resolve) => setImmediate(resolve))
      if (buffered() >= MAX) isPaused = true
      else if (buffered() <= MAX / 2) isPaused = false
      const [last = 'resume'] = said.slice(-1)
      expect(last).toBe(isPaused ? 'pause' : 'resume')
    }
    expect(said).toEqual(said.map((_type, at) => (at % 2 === 0 ? 'pause' : 'resume')))
  }))
})
