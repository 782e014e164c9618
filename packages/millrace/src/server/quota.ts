import { MillraceError } from '../event/error.ts'
import { personOf } from './narrowed.ts'

/** How many streams each principal has open in this process, whatever its sessions are narrowed to. */
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
    const person = personOf(principal)
    const open = this.#open.get(person) ?? 0
    if (open >= this.#limit) {
      throw new MillraceError('too_many_streams', `There are ${String(open)} open streams already. Close one and ask again.`)
    }
    this.#open.set(person, open + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (this.#open.get(person) ?? 1) - 1
      if (left > 0) this.#open.set(person, left)
      else this.#open.delete(person)
    }
  }
}
