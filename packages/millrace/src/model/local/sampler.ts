import type { Sampling } from './engine.ts'
import { TOP_K } from './engine.ts'

/** A score for every token there is. */
export interface Scores {
  readonly data: Float32Array
}

/**
 * Chooses the next token by its seed alone, whoever else is being answered: of all the scores it leaves one. The
 * engine's own dice are one sequence for the whole process.
 */
export function sampler({ temperature, seed }: Sampling): (scores: Scores) => Scores {
  const random = mulberry32(seed)
  return (scores) => {
    const { data } = scores
    const token = temperature <= 0 ? likeliest(data) : draw(data, temperature, random())
    data.fill(-Infinity)
    data[token] = 0
    return scores
  }
}

function likeliest(scores: Float32Array): number {
  let best = 0
  for (let token = 1; token < scores.length; token += 1) if ((scores[token] ?? 0) > (scores[best] ?? 0)) best = token
  return best
}

/** One of the {@link TOP_K} likeliest, as often as its share of them. @param dice from 0 to below 1 */
function draw(scores: Float32Array, temperature: number, dice: number): number {
  const top = likeliestFew(scores)
  const most = scores[top[0] ?? 0] ?? 0
  const weights = top.map((token) => Math.exp(((scores[token] ?? 0) - most) / temperature))
  let left = dice * weights.reduce((sum, weight) => sum + weight, 0)
  const at = weights.findIndex((weight) => (left -= weight) < 0)
  return top[at] ?? top[0] ?? 0
}

/** The best first. Only what beats the worst of them costs more than a comparison: vocabularies have 150,000 tokens. */
function likeliestFew(scores: Float32Array): number[] {
  const top: number[] = []
  let least = -Infinity
  for (let token = 0; token < scores.length; token += 1) {
    const score = scores[token] ?? -Infinity
    if (top.length === TOP_K && score <= least) continue
    const place = top.findIndex((other) => (scores[other] ?? 0) < score)
    top.splice(place === -1 ? top.length : place, 0, token)
    top.length = Math.min(top.length, TOP_K)
    least = scores[top.at(-1) ?? 0] ?? -Infinity
  }
  return top
}

/** A small generator of numbers from 0 to below 1. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
