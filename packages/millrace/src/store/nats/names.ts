import type { ListFilter, RunId } from '../store.ts'
import { digestOf } from './digest.ts'

/** What lies beside a log, because it is large or seldom asked for. */
export type Piece = 'input' | 'checkpoint' | 'snapshot' | 'segment' | 'segments' | 'rows' | 'signal' | 'ids'

/** Why somebody may have to look at a run: nobody works on it, it is not packed, its time is over. */
export type Reason = 'owner' | 'seal' | 'expiry'

const encoder = new TextEncoder()

/** What the names of streams and subjects begin with, by store. */
export class Names {
  /** The stream of logs and of what lies beside them. */
  readonly logs: string
  /** The stream by which runs are found. It holds one message a subject. */
  readonly places: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.logs = prefix
    this.places = `${prefix}-places`
  }

  get everyLog(): string {
    return `${this.#prefix}.log.>`
  }

  get everyPiece(): string {
    return `${this.#prefix}.piece.>`
  }

  get everyWake(): string {
    return `${this.#prefix}.wake.>`
  }

  get everyPlace(): string {
    return `${this.#prefix}.place.>`
  }

  log(run: RunId): string {
    return `${this.#prefix}.log.${tokensOf(run)}`
  }

  wake(run: RunId): string {
    return `${this.#prefix}.wake.${tokensOf(run)}`
  }

  piece(run: RunId, piece: Piece): string {
    return `${this.#prefix}.piece.${piece}.${tokensOf(run)}`
  }

  piecesOf(run: RunId): string {
    return `${this.#prefix}.piece.*.${tokensOf(run)}`
  }

  /** Where a run stands among all, in the order in which they were made. */
  place(run: RunId, kind: string, principal: string): string {
    return `${this.#prefix}.place.run.${tokenOf(kind)}.${tokenOf(principal)}.${tokensOf(run)}`
  }

  /** The places of a filter's runs, and of some others: names are told apart by a digest. */
  placesOf({ kind, principal, group }: ListFilter): string {
    const [of, by] = [kind, principal].map((name) => (name === undefined ? '*' : tokenOf(name)))
    return `${this.#prefix}.place.run.${of ?? '*'}.${by ?? '*'}.${group ?? '*'}.*`
  }

  due(reason: Reason, run: RunId): string {
    return `${this.#prefix}.place.${reason}.${tokensOf(run)}`
  }

  everyDue(reason: Reason): string {
    return `${this.#prefix}.place.${reason}.*.*`
  }

  readers(run: RunId): string {
    return `${this.#prefix}.place.readers.${tokensOf(run)}`
  }

  get clock(): string {
    return `${this.#prefix}.place.clock`
  }

  runOf(subject: string): RunId {
    const [group = '', run = ''] = subject.split('.').slice(-2)
    return group === NO_GROUP ? run : `${group}.${run}`
  }
}

/** No group is so short. */
const NO_GROUP = '-'

function tokensOf(run: RunId): string {
  return run.includes('.') ? run : `${NO_GROUP}.${run}`
}

/** A subject takes neither every character nor every length. */
function tokenOf(name: string): string {
  return digestOf(encoder.encode(name))
}
