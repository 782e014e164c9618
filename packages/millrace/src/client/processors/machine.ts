/** What a processor does, without time or waiting: takes what comes and says what is sure by then. */
export interface Machine<In, Out> {
  push(said: In): readonly Out[] | Promise<readonly Out[]>
  /** Nothing more comes: whatever was held back. */
  end(): readonly Out[] | Promise<readonly Out[]>
}
