/** Where details go that no reader may see (P11). `console` fits. */
export interface Logger {
  error(message: string, details: Readonly<Record<string, unknown>>): void
  warn(message: string, details: Readonly<Record<string, unknown>>): void
}
