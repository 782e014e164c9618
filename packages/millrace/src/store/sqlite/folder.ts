import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` tries for ever where the system says that there is
 * nothing above what is to be made, and there is (`/proc/x`): on a thread that even `process.exit` then waits for.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    const above = dirname(path)
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT') || above === path) throw error
    await makeFolder(above)
    await makeOne(path)
  }
}

/** Others may make it at the same moment, and a system may have another error for one that is there. */
async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const isThere = await stat(path).then((found) => found.isDirectory(), () => false)
    if (!isThere) throw error
  }
}
