/** In seconds: so long runs go on that are looked at for a while. */
const LONGEST = 120
/** In ms: less than a thousand runs take, so that most of what came in `turnover` has gone again. */
const GONE_AFTER = 500

/**
 * What is asked of every contender, by the part's name. Latency is from the token being said to
 * its bytes being read; heap is what lives when all is over.
 */
export const PARTS = {
  /** As fast as tokens are taken: the cost of a token. */
  unpaced: (quick) => [work({ atOnce: 200, runs: quick ? 400 : 2_000, tokens: 500, rate: 0 })],
  /** As models say them: every token is a commit and a write of its own. */
  paced: (quick) => [work({ atOnce: 1_000, runs: 1_000, tokens: quick ? 100 : 400, rate: 50 })],
  /** The first token to the first byte, with nothing else to do. */
  first: (quick) => [work({ atOnce: 1, runs: quick ? 300 : 1_000, tokens: 1, rate: 0 })],
  /** The same demand by more and more runs at once: what a token costs must not depend on how many there are. Looked at while all are under way. */
  growth: (quick) => [1, 100, 1_000, 10_000].map((atOnce) => {
    const rate = 20_000 / atOnce
    return { ...work({ atOnce, runs: atOnce, tokens: rate * LONGEST, rate }), title: `${atOnce} runs at once, ${rate} tokens/s each`, window: quick ? 3_000 : 5_000 }
  }),
  /** More and more runs one after another: what lives in the end must not depend on how many there were. */
  turnover: (quick) => (quick ? [100, 1_000] : [100, 1_000, 10_000]).map((runs) => ({ ...work({ atOnce: 10, runs, tokens: 50, rate: 0 }), retention: GONE_AFTER })),
}

function work({ atOnce, runs, tokens, rate }) {
  const pace = rate === 0 ? 'at full speed' : `at ${rate} tokens/s each`
  return { title: `${runs} runs of ${tokens} tokens, ${atOnce} at once, ${pace}`, atOnce, runs, tokens, rate, warmUp: Math.ceil(runs / 10) }
}
