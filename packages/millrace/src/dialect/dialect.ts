import type { Keeping } from '../event/kept.ts'
import type { Outline } from '../event/outline.ts'
import type { Entry } from '../event/run-event.ts'
import type { Snapshot } from '../event/snapshot.ts'

/** One unit on the wire before it is framed. */
export interface DialectFrame {
  /** The name of the event where the format has names. */
  readonly event: string | null
  /** JSON in one line; HTML in the dialects for pages; bytes where nothing but bytes is sent. */
  readonly data: string | Uint8Array
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
  /** The texts that `step` finds in `outline.kept`, where it says them again at their end: they cost memory as the run grows. */
  readonly keeping?: Keeping
  /**
   * What a reader that joins at the tail must be told of the past to make sense of what follows, made
   * from the outline alone. Without it nobody joins in this dialect.
   */
  readonly join?: (outline: Outline) => readonly DialectFrame[]
  /**
   * Set where readers can give nothing back of what they were given: how many frames of an `attempt`, at
   * the front, tell that to those who read what came before it. Its others are those of a start: whoever
   * reads from the log's start begins at them.
   */
  readonly farewell?: (outline: Outline) => number
  /** What keeps a silent stream open; `null`: the format's own. Never has an id. */
  readonly heartbeat: DialectFrame | null
  /** The data of one last event, without an id, behind a run's end in SSE: what its clients stop at. */
  readonly done?: string
  /** What its streams are sent with besides the headers of all streams. */
  readonly headers?: Readonly<Record<string, string>>
  /** A refusal before the stream begins, as its clients read one; else it is problem JSON (RFC 9457). */
  readonly refusal?: (refused: Refused) => object
  /** The whole run as one JSON document, after its end; `null`: the snapshot itself. */
  readonly document: ((head: DocumentHead, snapshot: Snapshot) => DialectDocument) | null
  /**
   * Set where each frame is HTML that a page puts into itself. There is no JSON to put on a line, and
   * who comes back after the end is given the last frame again: these clients do not stop on 204.
   */
  readonly hypermedia?: Hypermedia
  /**
   * Set where all frames together are one HTML page, which says itself that the run began anew and how
   * it ended: the headers it is sent with.
   */
  readonly page?: Readonly<Record<string, string>>
}

export interface Hypermedia {
  /**
   * What a page is told of a run that is not there, and that nothing follows: these clients do not stop on 404 or 410 either.
   * @param isNew whether the page has shown nothing of the run yet
   */
  readonly absent: (run: string, words: string, isNew: boolean) => readonly DialectFrame[]
}

/** Why a request was refused. */
export interface Refused {
  /** Of HTTP. */
  readonly status: number
  readonly code: string
  /** For whoever reads it. */
  readonly message: string
}

export interface DialectDocument {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}
