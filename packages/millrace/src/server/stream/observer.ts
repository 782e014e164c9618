/** How a stream without a log was over. `cancelled`: its reader left, or it was stopped. */
export type StreamEnding =
  | { readonly status: 'completed' }
  | { readonly status: 'cancelled' }
  | { readonly status: 'failed'; readonly error: unknown }

/** Is told what becomes of a stream: for progress, for counting, for what must be closed after it. */
export interface StreamObserver {
  /** Somebody reads it: its source is asked for the first value. */
  started?(): void
  /** The value was sent. */
  item?(value: unknown): void
  /** It is over and its source is closed. Called once, also if nobody ever read it. */
  ended?(ending: StreamEnding): void
}
