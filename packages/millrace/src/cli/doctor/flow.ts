import { BEATS, GAP } from '../../protocol/doctor.ts'
import type { Arrival } from './seen.ts'

/** From this share of frames on that came together: some are held back; all are. */
const SOME = 0.3
const ALL = 0.8
/** Fewer say nothing. */
const LEAST = 5

export type Flow = 'flows' | 'coalesces' | 'buffers'

/**
 * What share of the frames that were sent apart came together with the one before. Both clocks are asked
 * only how far apart two frames were, so neither their difference nor a steady delay counts.
 */
export function togetherShare(frames: readonly Arrival[]): number {
  let pairs = 0
  let together = 0
  for (const [index, { n, at, came }] of frames.entries()) {
    const before = frames[index - 1]
    // A server that was late itself sent these two together.
    if (!before || n > BEATS || at - before.at < GAP / 2) continue
    pairs += 1
    if (came - before.came < (at - before.at) / 4) together += 1
  }
  return pairs < LEAST ? 0 : together / pairs
}

export function flowOf(frames: readonly Arrival[]): Flow {
  const share = togetherShare(frames)
  return share >= ALL ? 'buffers' : share >= SOME ? 'coalesces' : 'flows'
}
