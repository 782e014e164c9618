import type { Outline } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'

/** One unit on the wire before it is framed. */
export interface DialectFrame {
  /** The name of the event where the format has names. */
  readonly event: string | null
  /** JSON in one line. */
  readonly data: string
}

/** What a document says about its run besides the fold. */
export interface DocumentHead {
  readonly run: string
  readonly kind: string
}

/** Entries ⇄ another protocol's vocabulary. Pure: frames are a function of (outline, entry, version) alone. */
export interface Dialect {
  readonly name: string
  /** Grows with every change of what `step` gives for an entry: cursors inside an entry depend on it. */
  readonly version: number
  /**
   * The frames of one entry, given the outline before it; at most one for a `delta`. `null`: every
   * entry's own JSON is its one frame, and nothing is parsed.
   */
  readonly step: ((outline: Outline, entry: Entry) => readonly DialectFrame[]) | null
  /** What keeps a silent stream open; `null`: the format's own. Never has an id. */
  readonly heartbeat: DialectFrame | null
  /** The whole run as one JSON document, after its end; `null`: the snapshot itself. */
  readonly document: ((head: DocumentHead, snapshot: Snapshot) => DialectDocument) | null
}

export interface DialectDocument {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}
