import { MillraceError } from '../event/error.ts'

/** A stream or a socket that is cut when its server goes. */
export interface Leaver {
  lost(error: MillraceError): void
}

/**
 * Cuts every one of them at a moment of its own within `time` ms, so that they do not all ask the next server at once.
 * Resolves when none is left.
 */
export async function scatter(leavers: ReadonlySet<Leaver>, time: number): Promise<void> {
  const closed = new MillraceError('closed', 'This server is shutting down.')
  await Promise.all([...leavers].map(async (leaver) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * time))
    leaver.lost(closed)
  }))
}
