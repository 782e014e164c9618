import { MillraceError } from '../event/error.ts'

/** How many streams each principal has open in this process. */
export class StreamQuota {
  readonly #limit: number
  readonly #open = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * @returns what gives the place back
   * @throws MillraceError `too_many_streams`
   */
  take(principal: string): () => void {
    const open = this.#open.get(principal) ?? 0
    if (open >= this.#limit) {
      throw new MillraceError('too_many_streams', `There are ${String(open)} open streams already. Close one and ask again.`)
    }
    this.#open.set(principal, open + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#open.get(principal) ?? 1) - 1
      if (left > 0) this.#open.set(principal, left)
      else this.#open.delete(principal)
    }
  }
}
