/**
 * Responses are resumed by a number, `sequence_number`, and not by a cursor. It is made of the place of its
 * frame in the log, so that every node counts alike and nobody has to count from the start.
 */

/** An entry has fewer frames than this. Some clients keep the number in 32 bits: that is enough for 21 million entries. */
const FRAMES = 100

/** So many blocks at most are closed one by one at a run's end: three frames each, and one for the end itself. */
export const MOST_CLOSED = 32

export function sequenceNumber(offset: number, frame: number): number {
  return offset * FRAMES + frame
}

/** The entry and which of its frames, from 0, a number was given to. */
export function placeOf(number: number): { readonly offset: number; readonly frame: number } {
  return { offset: Math.floor(number / FRAMES), frame: number % FRAMES }
}
