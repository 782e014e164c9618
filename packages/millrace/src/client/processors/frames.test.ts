import { afterEach, expect, test, vi } from 'vitest'
import { all, coming } from '../../../../../test/support/processing.ts'
import { screenClock, type Clock } from './clock.ts'
import { frames } from './frames.ts'
import { smooth } from './smooth.ts'

afterEach(() => vi.unstubAllGlobals())

/** Time that passes when the test says so. */
function handClock(): Clock & { frame(): void; readonly waiting: number } {
  let now = 0
  let waiting: (() => void)[] = []
  return {
    now: () => now,
    nextFrame: () => new Promise((resolve) => waiting.push(resolve)),
    get waiting() {
      return waiting.length
    },
    frame() {
      now += 16
      const due = waiting
      waiting = []
      for (const resolve of due) resolve()
    },
  }
}

/** A source that says what it is given when it is given it. */
function spoken(): { readonly source: AsyncIterable<string>; say(text: string): void; end(): void } {
  let controller: ReadableStreamDefaultController<string> | undefined
  const source = new ReadableStream<string>({ start: (given) => void (controller = given) })
  return { source, say: (text) => controller?.enqueue(text), end: () => controller?.close() }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what comes within a frame comes at once, and the end waits for none', async () => {
  const clock = handClock()
  const { source, say, end } = spoken()
  const reader = frames(source, clock)
  const first = reader.next()
  await turn()
  expect(clock.waiting).toBe(0)
  for (const text of ['a', 'b', 'c']) say(text)
  await turn()
  expect(clock.waiting).toBe(1)
  clock.frame()
  expect(await first).toEqual({ done: false, value: ['a', 'b', 'c'] })
  const second = reader.next()
  say('d')
  end()
  expect(await second).toEqual({ done: false, value: ['d'] })
  expect(await reader.next()).toEqual({ done: true, value: undefined })
})

test('a source that never waits fills a frame, and no more', async () => {
  const clock = handClock()
  let read = 0
  async function* endless(): AsyncGenerator<number> {
    for (;;) yield await Promise.resolve((read += 1))
  }
  const reader = frames(endless(), clock)
  const first = reader.next()
  await vi.waitFor(() => expect(read).toBe(4096))
  await turn()
  expect(read).toBe(4096)
  clock.frame()
  expect((await first).value).toHaveLength(4096)
  await reader.return?.()
})

test('nothing is read while nobody waits', async () => {
  const clock = handClock()
  let read = 0
  async function* counted(): AsyncGenerator<number> {
    for (;;) {
      await turn()
      yield (read += 1)
    }
  }
  const reader = frames(counted(), clock)
  const first = reader.next()
  await vi.waitFor(() => expect(read).toBeGreaterThan(3))
  clock.frame()
  const { value } = await first
  for (let n = 0; n < 10; n += 1) await turn()
  expect(read).toBeLessThanOrEqual((value?.length ?? 0) + 1)
  await reader.return?.()
})

test('without a screen there are frames too', async () => {
  expect((await all(frames(coming(['a', 'b'])))).flat()).toEqual(['a', 'b'])
})

test('a page that is hidden while a frame is waited for waits no longer', async () => {
  const page = Object.assign(new EventTarget(), { hidden: false })
  const paints: (() => void)[] = []
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (paint: () => void) => paints.push(paint))
  const painted = screenClock.nextFrame()
  paints.shift()?.()
  await painted
  const frame = screenClock.nextFrame()
  expect(paints).toHaveLength(1)
  page.hidden = true
  page.dispatchEvent(new Event('visibilitychange'))
  await frame
  await screenClock.nextFrame()
  expect(paints).toHaveLength(1)
})

test('text comes a piece a frame, and what is left comes with the end', async () => {
  const clock = handClock()
  const { source, say, end } = spoken()
  const reader = smooth(source, { delay: 160 }, clock)
  const pieces: string[] = []
  say('x'.repeat(100))
  for (let n = 0; n < 5; n += 1) {
    const piece = reader.next()
    await vi.waitFor(() => expect(clock.waiting).toBe(1))
    clock.frame()
    pieces.push((await piece).value ?? '')
  }
  expect(pieces.map((piece) => piece.length)).toEqual([10, 10, 10, 10, 10])
  const rest = reader.next()
  end()
  expect((await rest).value).toBe('x'.repeat(50))
  expect(await reader.next()).toEqual({ done: true, value: undefined })
})
