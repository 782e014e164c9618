import { type Acquired, type Appended, type Created, type ErrorCode, type Lease, MillraceError, type Store, type Write } from '../../../packages/millrace/src/index.ts'
import { linesSaid } from '../../../packages/millrace/src/store/testing/pack.ts'
import { bound } from '../../support/run/faulty.ts'
import type { CrashPoint } from './crash-points.ts'
import type { CallAnswer } from './oracle/evidence.ts'
import type { Records } from './records.ts'

const decoder = new TextDecoder()
/** Answers that leave it open whether something was written. */
const UNKNOWN: readonly ErrorCode[] = ['store_busy', 'store_failed', 'closed']

/**
 * A store that writes down every write before it is made and when it is answered, and in which the process dies where it is told to.
 * @param reach called at each named point; it may not return
 */
export function recording(store: Store, records: Records, reach: (point: CrashPoint) => void): Store {
  async function noted<T>(call: number, answerOf: (answer: T) => CallAnswer, asking: Promise<T>, answered: (answer: T) => void): Promise<T> {
    try {
      const answer = await asking
      answered(answer)
      records.answer(call, answerOf(answer))
      return answer
    } catch (error) {
      records.answer(call, refusalOf(error))
      throw error
    }
  }
  async function append(run: string, lease: Lease, write: Write): Promise<Appended> {
    const { fence, nonce } = lease
    const call = records.intent({ type: 'append', run, nonce, fence, after: write.after, lines: linesSaid(write), isJoined: isJoined(write), ends: write.end !== undefined })
    if (write.count > 0) reach('before append')
    const answer = await noted<Appended>(call, () => ({ outcome: 'done', fence }), store.append(run, lease, write), () => {
      if (write.count > 0) reach('after commit')
    })
    if (write.checkpoint !== undefined) reach('after checkpoint')
    return answer
  }
  return {
    ...bound(store),
    append,
    create(run, options) {
      const call = records.intent({ type: 'create', run, nonce: options.nonce, lines: [decoder.decode(options.start)] })
      return noted<Created>(call, ({ created }) => (created ? { outcome: 'done', fence: 1 } : { outcome: 'denied' }), store.create(run, options), () => undefined)
    },
    async acquire(run, nonce, ttl, options) {
      const call = records.intent({ type: 'acquire', run, nonce })
      const taken = await noted<Acquired | null>(
        call, (answer) => (answer === null ? { outcome: 'denied' } : { outcome: 'done', fence: answer.lease.fence }), store.acquire(run, nonce, ttl, options), () => undefined,
      )
      if (taken) reach('during takeover')
      return taken
    },
    seal(run, seal) {
      const sealing = store.seal(run, seal)
      // Sent, and not answered: the engine may or may not have done it by then.
      setImmediate(() => reach('during seal'))
      return sealing
    },
  }
}

function isJoined({ parts = null }: Write): boolean {
  return parts !== null
}

/** What the contract calls a refusal has written nothing; after everything else nobody knows. */
function refusalOf(error: unknown): CallAnswer {
  return error instanceof MillraceError && !UNKNOWN.includes(error.code) ? { outcome: 'refused', code: error.code } : { outcome: 'unknown' }
}
