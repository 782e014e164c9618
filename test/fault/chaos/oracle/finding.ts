/** What a storm may do wrong. The first four are counted in the command's last line; one of any sort fails it. */
export type Sort =
  | 'lost'
  | 'doubled'
  | 'reordered'
  | 'double end'
  /** Said by nobody who may say it: the log never had it, or no producer meant it. */
  | 'foreign'
  /** Two leases under one number, or a write under an old one that was accepted. */
  | 'fence'
  /** A checkpoint that does not cover just the entries before it. */
  | 'checkpoint'
  /** Something that never came to its end. */
  | 'unfinished'

export interface Finding {
  readonly sort: Sort
  readonly run: string
  readonly what: string
}

/** Findings about one run, as they are made. */
export class Findings {
  readonly found: Finding[] = []
  readonly #run: string

  constructor(run: string) {
    this.#run = run
  }

  add(sort: Sort, what: string): void {
    this.found.push({ sort, run: this.#run, what })
  }
}
