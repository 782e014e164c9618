import type { Entry, Json } from '../event/run-event.ts'
import type { Resumed } from '../run/define.ts'
import type { Said } from '../run/said.ts'
import type { ModelMessage } from './model.ts'

/** A call as the model wrote it. */
export interface WrittenCall {
  readonly id: string
  readonly name: string
  /** JSON, or what became of it. */
  input: string
}

interface Result {
  text: string
  readonly failed: boolean
}

/** What the model said until it was told what its calls came to, and that. */
interface Turn {
  text: string
  readonly calls: WrittenCall[]
  readonly results: Map<string, Result>
}

/**
 * The turns of a conversation with tools, folded from what was said of it: while it is said, or by a successor
 * from the log. The log alone tells which tools have run.
 */
export class Turns {
  #turns: Turn[] = []
  #result: Result | null = null

  static async of({ outline, entries }: Pick<Resumed, 'outline' | 'entries'>): Promise<Turns> {
    const turns = new Turns()
    for await (const entry of entries()) turns.add(entry)
    const [open] = outline.open
    // A result that was begun and never said is none.
    if (open?.kind === 'tool_result' && turns.#result?.text === '') turns.#turns.at(-1)?.results.delete(open.id ?? '')
    return turns
  }

  /** How often the model called for tools. */
  get rounds(): number {
    return this.#turns.filter(({ calls }) => calls.length > 0).length
  }

  /** The calls that nobody was told the result of. */
  get pending(): readonly WrittenCall[] {
    const turn = this.#turns.at(-1)
    return turn ? turn.calls.filter(({ id }) => !turn.results.has(id)) : []
  }

  /** What was said of a turn that is under way. */
  get prefix(): string {
    const turn = this.#turns.at(-1)
    return turn?.calls.length === 0 ? turn.text : ''
  }

  /** The turns that are complete, as the model is told them. */
  get messages(): readonly ModelMessage[] {
    return this.#turns.filter(({ calls }) => calls.length > 0).flatMap(messagesOf)
  }

  add(event: Said | Entry): void {
    if (typeof event === 'string') this.#current.text += event
    else if (event instanceof Uint8Array) return
    else if (event.type === 'attempt') this.#turns = []
    else if (event.type === 'block_start') this.#open(event as Extract<Said, { type: 'block_start' }>)
    else if (event.type === 'delta') this.#delta(event as Extract<Said, { type: 'delta' }>)
  }

  get #current(): Turn {
    let turn = this.#turns.at(-1)
    if (turn === undefined || turn.results.size > 0) this.#turns.push((turn = { text: '', calls: [], results: new Map() }))
    return turn
  }

  #open({ kind, id = '', name = '', failed }: Extract<Said, { type: 'block_start' }>): void {
    if (kind === 'tool_call') this.#current.calls.push({ id, name, input: '' })
    if (kind !== 'tool_result') return
    this.#result = { text: '', failed: failed === true }
    this.#turns.at(-1)?.results.set(id, this.#result)
  }

  #delta({ kind, text }: Extract<Said, { type: 'delta' }>): void {
    const call = this.#turns.at(-1)?.calls.at(-1)
    if (kind === 'text') this.#current.text += text
    else if (kind === 'tool_call' && call) call.input += text
    else if (kind === 'tool_result' && this.#result) this.#result.text += text
  }
}

function messagesOf({ text, calls, results }: Turn): ModelMessage[] {
  const said = calls.map(({ id, name, input }) => ({ id, name, input: inputOf(input) ?? {} }))
  return [
    { role: 'assistant', text, calls: said },
    ...[...results].map(([call, result]): ModelMessage => ({ role: 'tool', call, text: result.text, ...(result.failed ? { failed: true } : {}) })),
  ]
}

/** A call's input; `null` where the model wrote no JSON. */
export function inputOf(json: string): Json {
  try {
    return JSON.parse(json) as Json
  } catch {
    return null
  }
}
