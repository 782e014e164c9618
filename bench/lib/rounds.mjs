import { median, short } from './table.mjs'

/**
 * Measures contenders in turns, round after round, so that what else the machine does falls on all alike.
 * @template {Record<string, number>} Sample
 * @param {Record<string, { rounds?: number }>} contenders by name; one that is slow may sit out the later rounds
 * @param {number} rounds
 * @param {(name: string) => Promise<Sample>} measure in processes of its own
 * @returns {Promise<Record<string, (Sample | undefined)[]>>} a sample for each round, by name
 */
export async function interleave(contenders, rounds, measure) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const names = Object.keys(contenders).filter((name) => round < (contenders[name].rounds ?? rounds))
    for (const name of round % 2 === 0 ? names : names.toReversed()) samples[name][round] = await measure(name)
  }
  return samples
}

/**
 * Medians, and the ratio of each contender's to the limit's over the same rounds; the range is of the rounds one by one. The
 * first contender is the limit, and the first figure of a sample is the one that is compared.
 * @returns {{ contender: string, [figure: string]: string | number }[]}
 */
export function compare(samples) {
  const [limit] = Object.values(samples)
  const [main, ...others] = Object.keys(limit[0])
  return Object.entries(samples).map(([contender, mine]) => {
    const of = (figure) => median(mine.map((sample) => sample[figure]))
    const ratios = mine.map((sample, round) => sample[main] / limit[round][main])
    return {
      contender,
      [main]: of(main),
      '× limit': ratio(samples, contender, main),
      'min..max': `${short(Math.min(...ratios))}..${short(Math.max(...ratios))}`,
      ...Object.fromEntries(others.map((figure) => [figure, of(figure)])),
    }
  })
}

/** A figure of one contender against the limit's: medians over the same rounds. A round's own ratio has the noise of both. */
export function ratio(samples, contender, figure) {
  const [limit] = Object.values(samples)
  const mine = samples[contender]
  return median(mine.map((sample) => sample[figure])) / median(mine.map((_, round) => limit[round][figure]))
}

/** How far some ratios lie from their middle, in per cent: 15 means that all are within ± 15 %. */
export function spread(ratios) {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return ((most - least) / (most + least)) * 100
}

/** A figure of one contender, median over the rounds. */
export function typical(samples, contender, figure) {
  return median(samples[contender].map((sample) => sample[figure]))
}
