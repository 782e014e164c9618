/** Where details go that no reader may see (P11). `console` fits. */
export interface Logger {
  error(message: string, details: Readonly<Record<string, unknown>>): void
  warn(message: string, details: Readonly<Record<string, unknown>>): void
  /** What is no fault of anybody here, as a WebSocket where there is none. */
  debug?(message: string, details: Readonly<Record<string, unknown>>): void
}
