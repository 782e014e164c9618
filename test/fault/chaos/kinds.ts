import { defineRun, type Recovery, type Resumed, type RunDefinition } from '../../../packages/millrace/src/index.ts'
import { pause } from './clock.ts'
import { wordOf, wordsOf } from './words.ts'

/** What a run of these kinds is asked for: so many words, `burst` at once each `pace` ms. */
export interface Order {
  readonly words: number
  readonly pace: number
  readonly burst: number
}

/** What whoever goes on with a run found of its predecessors' work, said in the log for the oracle to check. */
export interface ResumedNote {
  readonly type: 'resumed'
  /** The checkpoint: how many words were said by then, and the offset it covers; both 0 where there was none. */
  readonly saved: number
  readonly at: number
  /** Words after it. */
  readonly after: number
}

interface Spoken {
  readonly words: number
}

/** How many words lie between two checkpoints; and of those said at once, so that enough stand side by side to be joined. */
const STRIDE = 8
const LONG_STRIDE = 44

export const KINDS: Readonly<Record<Recovery, RunDefinition<Order, Spoken>>> = { resume: kind('resume'), restart: kind('restart'), fail: kind('fail') }

function kind(recover: Recovery): RunDefinition<Order, Spoken> {
  return defineRun<Order, Spoken>({
    input: (value) => value as Order,
    recover,
    attempts: 1_000_000,
    async *run({ run, input, resumed, checkpoint, signal }) {
      const stride = input.burst > 1 ? LONG_STRIDE : STRIDE
      let words = 0
      if (resumed) {
        const note = await noteOf(resumed)
        words = note.saved + note.after
        yield { ...note }
      }
      while (words < input.words && !signal.aborted) {
        words += 1
        yield wordOf(run, words)
        if (words % stride === 0) checkpoint(words)
        if (words % input.burst === 0) await pause(input.pace)
      }
      return { words }
    },
  })
}

async function noteOf({ checkpoint, entries }: Resumed): Promise<ResumedNote> {
  let after = 0
  for await (const entry of entries()) after += wordsOf(entry).length
  return { type: 'resumed', saved: Number(checkpoint?.data ?? 0), at: checkpoint?.offset ?? 0, after }
}
