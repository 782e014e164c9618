import { expect, test } from 'vitest'
import type { Batch } from '../event/batch.ts'
import type { Epoch, Page, RunRecord } from '../store/store.ts'
import { Window } from './window.ts'

const OLD = 'aaaaaaaa'
const NEW = 'bbbbbbbb'

function batch(first: number, last: number, epoch: string = OLD, size = 10): Batch {
  return { first, last, epoch, bytes: new Uint8Array(size), parts: null, head: null }
}

function segment(first: number, last: number, epoch: string = OLD, size = 10): Batch {
  return { ...batch(first, last, epoch, size), head: '{}' }
}

/** What a read of a log with this tail and these epochs found. */
function page(batches: readonly Batch[], tail: number, epochs: readonly Epoch[] = [{ from: 1, epoch: OLD }]): Page {
  const record: RunRecord = {
    id: 'r', kind: 'k', principal: 'p', title: '', digest: '', status: 'running', tail, epochs, fence: 1, losses: 0, leaseUntil: 0,
    createdAt: 0, endedAt: null, sealedTo: 0, deletedAt: null,
  }
  return { batches, record }
}

test('what was read joins where the window begins, or at the tail while there is none', () => {
  const window = new Window()
  const [older, newer, landed] = [batch(1, 4), batch(5, 6), batch(7, 7)]
  window.recall(page([newer], 6), 6)
  window.add(landed)
  expect(window.after(0, null)).toBeNull()
  window.recall(page([older], 7), 7)
  expect(window.after(0, null)).toEqual([older, newer, landed])
  expect(window.after(5, OLD)).toEqual([newer, landed])
})

test('pages that follow one another join together once the last of them does', () => {
  const window = new Window()
  window.add(batch(9, 9))
  window.recall(page([batch(1, 3)], 9), 9)
  window.recall(page([batch(4, 6)], 9), 9)
  expect(window.after(3, null)).toBeNull()
  window.recall(page([batch(7, 8)], 9), 9)
  expect(window.after(0, null)?.map(({ first }) => first)).toEqual([1, 4, 7, 9])
})

test('pages between which something is missing do not', () => {
  const window = new Window()
  window.add(batch(9, 9))
  window.recall(page([batch(1, 3)], 9), 9)
  window.recall(page([batch(5, 8)], 9), 9)
  expect(window.after(0, null)).toBeNull()
  expect(window.after(4, null)?.map(({ first }) => first)).toEqual([5, 9])
})

test('what was read from a log that lost what the window holds never stands before it', () => {
  const window = new Window()
  window.add(batch(5, 6))
  window.recall(page([batch(1, 4)], 4), 6)
  expect(window.after(0, null)).toBeNull()
  window.recall(page([batch(1, 4, NEW)], 8, [{ from: 1, epoch: OLD }, { from: 3, epoch: NEW }]), 6)
  expect(window.after(0, null)).toBeNull()
  const empty = new Window()
  empty.recall(page([batch(1, 6, NEW)], 5), 6)
  expect(empty.after(0, null)).toBeNull()
})

test('the window is bounded, and keeps the newest', () => {
  const window = new Window()
  window.add(batch(9, 9, OLD, 100_000))
  window.recall(page([batch(5, 6, OLD, 100_000), batch(7, 8, OLD, 100_000)], 9), 9)
  expect(window.after(6, null)?.map(({ first }) => first)).toEqual([7, 9])
  expect(window.after(5, null)).toBeNull()
  window.add(batch(10, 10, OLD, 1_000_000))
  expect(window.after(9, null)?.map(({ first }) => first)).toEqual([10])
  expect(window.after(8, null)).toBeNull()
})

test('nobody is handed what follows a place in another log', () => {
  const window = new Window()
  window.add(batch(3, 4))
  window.add(batch(5, 6, NEW))
  expect(window.after(4, NEW)).toBeNull()
  expect(window.after(4, OLD)).toHaveLength(1)
  expect(window.after(5, NEW)).toHaveLength(1)
})

test('a segment takes the place of the rows it was made of, and who stands inside it is handed it whole', () => {
  const window = new Window()
  const rows = [batch(4, 4), batch(5, 5), batch(6, 6), batch(7, 7)]
  for (const row of rows) window.add(row)
  const [older, newer] = [segment(1, 2), segment(3, 5)]
  window.recall(page([older, newer, batch(6, 6), batch(7, 7)], 7), 7)
  expect(window.after(0, null)).toEqual([older, newer, rows[2], rows[3]])
  expect(window.after(4, OLD)?.[0]).toBe(newer)
  // Those that nobody sealed stay the very same: what readers made of them is kept with them.
  expect(window.after(5, OLD)?.[0]).toBe(rows[2])
})

test('a segment that ends inside a row of the window, or is of another log, takes nobody\'s place', () => {
  const window = new Window()
  window.add(batch(4, 6))
  window.add(batch(7, 7))
  window.recall(page([segment(1, 5)], 7), 7)
  expect(window.after(0, null)).toBeNull()
  window.recall(page([segment(1, 6, NEW)], 7), 7)
  expect(window.after(0, null)).toBeNull()
  window.recall(page([segment(1, 6)], 7), 7)
  expect(window.after(0, null)?.map(({ first }) => first)).toEqual([1, 7])
})

test('a segment for which there is no room leaves the rows where they are', () => {
  const window = new Window()
  window.add(batch(4, 4))
  window.recall(page([segment(1, 4, OLD, 1_000_000)], 4), 4)
  expect(window.after(3, null)).toHaveLength(1)
})
