import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pacer, type Pace } from './pacer.ts'

const FRAME = 16
interface Arrival {
  readonly text: string
  readonly after: number
}
const word = fc.constantFrom('a', 'mill', ' ', 'e\u0301', '👨‍👩‍👧', '\ud83d', '\ude00', '\r\n', '水車', 'a long sentence of words, ')
const arrivals: fc.Arbitrary<readonly Arrival[]> = fc.array(fc.record({ text: word, after: fc.constantFrom(0, 0, 1, 20, 150, 900) }), { maxLength: 25 })

/** What is given out at each frame, and after the last arrival until there is nothing left. */
function paced(pace: Pace, coming: readonly Arrival[]): { readonly at: number; readonly text: string }[] {
  const pacer = new Pacer(pace)
  const given: { at: number; text: string }[] = []
  let now = 0
  let arrival = 0
  for (const { text, after } of coming) {
    arrival += after
    for (; now + FRAME <= arrival; now += FRAME) given.push({ at: now + FRAME, text: pacer.take(now + FRAME) })
    pacer.push(text, arrival)
  }
  for (let frame = 0; frame < 100; frame += 1) given.push({ at: (now += FRAME), text: pacer.take(now) })
  return [...given, { at: now, text: pacer.end() }].filter(({ text }) => text !== '')
}

const paces = fc.record({ by: fc.constantFrom<'grapheme' | 'word'>('grapheme', 'word'), delay: fc.constantFrom(0, 50, 200) })

test('the text stays what it was, and no surrogate pair is cut', () => {
  fc.assert(fc.property(paces, arrivals, (pace, coming) => {
    const text = coming.map((arrival) => arrival.text).join('')
    const given = paced(pace, coming).map((piece) => piece.text)
    expect(given.join('')).toBe(text)
    if (text.isWellFormed()) for (const piece of given) expect(piece.isWellFormed()).toBe(true)
  }), { numRuns: 500 })
})

test('nothing waits longer than it may, and a frame', () => {
  fc.assert(fc.property(paces, arrivals, (pace, coming) => {
    const given = paced(pace, coming)
    let now = 0
    let length = 0
    for (const { text, after } of coming) {
      now += after
      length += text.length
      const limit = now + pace.delay + FRAME
      const byThen = given.filter(({ at }) => at <= limit).reduce((sum, piece) => sum + piece.text.length, 0)
      // Half a character waits for its other half.
      expect(byThen).toBeGreaterThanOrEqual(length - 1)
    }
  }), { numRuns: 500 })
})

test('a burst is given out evenly', () => {
  const lengths = paced({}, [{ text: 'x'.repeat(1200), after: 0 }]).map(({ text }) => text.length)
  expect(lengths.length).toBeGreaterThanOrEqual(12)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(Math.ceil((1200 / 200) * FRAME) + 1)
})

test('what a reader calls a character comes whole, and so do words', () => {
  const family = '👨‍👩‍👧'
  for (const { text } of paced({}, [{ text: family.repeat(40), after: 0 }])) expect(text.length % family.length).toBe(0)
  const words = paced({ by: 'word' }, [{ text: 'thirteen mills '.repeat(20), after: 0 }]).map(({ text }) => text)
  expect(words.length).toBeGreaterThan(10)
  for (const text of words) expect(text).toMatch(/^ ?((thirteen|mills) ?)*$/)
})

test('what must be given out takes with it what belongs to it', () => {
  const pacer = new Pacer({ delay: 50 })
  pacer.push('xe', 0)
  pacer.push('\u0301y', 40)
  expect(pacer.take(50)).toBe('xe\u0301')
})
