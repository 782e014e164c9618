import { hasCode } from '../../event/error.ts'
import type { Entry, ProgressEvent } from '../../event/run-event.ts'
import { eventsOf, type ProgressCommand } from '../../progress/command.ts'
import { ProgressFold } from '../../progress/fold.ts'
import type { Item } from '../../progress/item.ts'
import type { Said } from '../../run/said.ts'
import { REFUSED, WORKFLOW } from './events.ts'

export interface WorkflowInput {
  readonly name: string
  readonly description: string
}

/** A workflow's own log as its handler knows it: what it said before, and what it says now. */
export class WorkflowLog {
  readonly #fold = new ProgressFold()
  readonly #run: string
  #offset = 1

  constructor(run: string, name: string) {
    this.#run = run
    this.#fold.run({ id: run, createdAt: Date.now(), endedAt: null })
    this.#fold.add(run, { type: 'start', run, kind: WORKFLOW, progress: { name }, offset: 1 })
  }

  /** The workflow as an item. */
  get item(): Item | null {
    return this.#fold.item(this.#run)
  }

  add(entry: Entry): void {
    this.#offset = entry.offset
    this.#fold.add(this.#run, entry)
  }

  /** Its first word: made, and not begun. Said again it changes nothing. */
  begin({ name, description }: WorkflowInput): ProgressEvent {
    const message = description === '' ? {} : { message: description }
    const event: ProgressEvent = { type: 'progress', item: this.#run, name, status: 'pending', ...message, at: Date.now() }
    this.add({ ...event, offset: this.#offset + 1 })
    return event
  }

  /** All that is said of one command, the last word naming it: without a pause between, it stands in one write. */
  answer(command: string, said: ProgressCommand): Said[] {
    try {
      const events = eventsOf(this.#fold, this.#run, said, Date.now())
      for (const event of events) this.add({ ...event, offset: this.#offset + 1 })
      return events.map((event, n) => (n === events.length - 1 ? { ...event, command } : event))
    } catch (error) {
      if (!hasCode(error, 'not_found') && !hasCode(error, 'invalid_transition')) throw error
      // Somebody else was faster.
      return [{ type: REFUSED, command, code: error.code, message: error.message }]
    }
  }
}
