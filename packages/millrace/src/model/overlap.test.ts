import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Overlap } from './overlap.ts'

test.each([
  ['a model that says the white space again', 'One ', [' two'], 'One two'],
  ['a model that goes on after it', 'One ', ['two'], 'One two'],
  ['a prefix that ends in a word', 'One', [' two'], 'One two'],
  ['white space that comes in pieces', 'One\n\n', ['\n', '', '\n', '\nTwo'], 'One\n\n\nTwo'],
  ['other white space than was said', 'One \n', ['\n two'], 'One \n\n two'],
  ['the same white space, but later', 'One \n', ['\ntwo', ' \nthree'], 'One \n\ntwo \nthree'],
  ['nothing but white space', ' ', [' so'], ' so'],
])('%s', (_, prefix, pieces, whole) => {
  const overlap = new Overlap(prefix)
  expect(prefix + pieces.map((piece) => overlap.strip(piece)).join('')).toBe(whole)
})

test('an answer that is cut anywhere and gone on with by a model that hears no white space at its end is the same answer', () => {
  const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n')).map((letters) => letters.join(''))
  fc.assert(fc.property(text, fc.nat(), (answer, cut) => {
    const prefix = answer.slice(0, cut % (answer.length + 1))
    const overlap = new Overlap(prefix)
    expect(overlap.prefix).toBe(prefix.trimEnd())
    const pieces = answer.slice(overlap.prefix.length).split(/(?<=b)/)
    expect(prefix + pieces.map((piece) => overlap.strip(piece)).join('')).toBe(answer)
  }))
})
