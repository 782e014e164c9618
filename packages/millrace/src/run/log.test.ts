import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Batch } from '../event/batch.ts'
import type { RunRecord } from '../store/store.ts'
import { checkCursor, endsCompleted, endsRun, epochAt } from './log.ts'
import { Composer } from './composer.ts'
import { said } from '../../../../test/support/run/logs.ts'
import { spoken } from '../../../../test/support/run/spoken.ts'

const encoder = new TextEncoder()

function batchOf(lines: readonly string[]): Batch {
  return { first: 1, last: lines.length, epoch: 'a0000000', bytes: encoder.encode(lines.join('\n')), parts: null, head: null }
}

test('a batch ends its run exactly if its last entry is an end', () => {
  fc.assert(fc.property(fc.array(said), fc.constantFrom('completed' as const, 'failed' as const, 'cancelled' as const), (events, status) => {
    const composer = new Composer()
    const lines = ['{"type":"start"}', ...events.flatMap((event) => spoken(composer, event))]
    expect(endsRun(batchOf(lines))).toBe(false)
    const ended = batchOf([...lines, composer.end({ status })])
    expect(endsRun(ended)).toBe(true)
    expect(endsCompleted(ended)).toBe(status === 'completed')
  }))
})

/** The stretches of a log of `lengths`, each under an epoch of its own. */
function recordOf(lengths: readonly number[]): RunRecord {
  let from = 1
  const epochs = lengths.map((length, index) => {
    const stretch = { from, epoch: (0xa0000000 + index).toString(16) }
    from += length
    return stretch
  })
  return {
    id: 'r', kind: 'k', principal: 'p', title: '', digest: '', status: 'running', tail: from - 1, epochs, fence: 1, losses: 0, leaseUntil: 0,
    createdAt: 0, endedAt: null, sealedTo: 0, deletedAt: null,
  }
}

test('a cursor is taken only where its entry exists and was written under its epoch', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  fc.assert(fc.property(lengths, fc.integer({ min: 0, max: 30 }), fc.nat(5), fc.nat(2), (each, offset, epoch, frame) => {
    const record = recordOf(each)
    const owners = each.flatMap((length, index) => Array.from({ length }, () => index))
    const stands = frame === 0 ? offset : offset + 1
    const fits = owners[stands - 1] === epoch
    const check = (): void => checkCursor(record, { epoch: (0xa0000000 + epoch).toString(16), offset, frame, version: frame })
    if (fits) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'reset' }))
    if (stands >= 1 && stands <= record.tail) expect(epochAt(record, stands)).toBe((0xa0000000 + (owners[stands - 1] ?? 0)).toString(16))
  }), { numRuns: 300 })
})
