import { MillraceError } from '../event/error.ts'
import { after } from '../run/after.ts'
import type { Said } from '../run/said.ts'
import { modelLimit } from './failure.ts'
import { Upstream } from './upstream.ts'

/** What one answer may cost. Times in ms; `Infinity` is none. */
export interface ModelLimits {
  /** Of text, reasoning, tool input, calls and sources together, in UTF-8. Default 4 MiB. */
  readonly bytes?: number
  /** For the whole answer, from the question on, whatever had to be asked again. Default 10 minutes. */
  readonly total?: number
  /** To the first token: a model may have to be loaded. Default 2 minutes. */
  readonly firstToken?: number
  /** Between two tokens. Default 1 minute. */
  readonly silence?: number
}

/** What a source took from its model in one step. */
export interface Heard {
  readonly said: readonly Said[]
  /** Bytes of what the model said, also of what cannot be said on yet. 0: a sign of life, which ends no silence. */
  readonly size: number
}

const DEFAULTS: Required<ModelLimits> = { bytes: 4 * 1024 * 1024, total: 600_000, firstToken: 120_000, silence: 60_000 }

/** @throws MillraceError `invalid_request` */
export function checkLimits(limits: ModelLimits = {}): Required<ModelLimits> {
  const all = { ...DEFAULTS, ...limits }
  const wrong = Object.entries(all).find(([, value]) => !(value > 0))
  if (wrong) throw new MillraceError('invalid_request', `\`${wrong[0]}\` of a model's limits is a number above 0.`)
  return all
}

/**
 * One answer under limits: the source is told by its signal when it is over, and left behind where it does
 * not listen. Only time spent waiting for the model counts as its silence, not time spent on what it said.
 *
 * @throws PublicError `model_limit`, and the reason of `signal`
 */
export async function* limited(
  ask: (signal: AbortSignal) => AsyncGenerator<Heard, void, undefined>, signal: AbortSignal, limits: Required<ModelLimits>,
): AsyncGenerator<Said, void, undefined> {
  const upstream = new Upstream(ask, signal)
  const callOff = after(limits.total, () => upstream.stop(modelLimit('The answer took longer than it may.')))
  let bytes = 0
  let silence = 0
  try {
    for (;;) {
      const asked = performance.now()
      const heard = await upstream.next((bytes === 0 ? limits.firstToken : limits.silence) - silence, silent(bytes === 0))
      if (heard === null) return
      silence = heard.size > 0 ? 0 : silence + performance.now() - asked
      bytes += heard.size
      if (bytes > limits.bytes) throw modelLimit('The answer is longer than it may be.')
      for (const said of heard.said) yield said
    }
  } finally {
    callOff()
    await upstream.close()
  }
}

function silent(isFirst: boolean): () => Error {
  return () => modelLimit(isFirst ? 'The model took too long to begin its answer.' : 'The model fell silent in the middle of its answer.')
}
