import type { Outline } from '../event/outline.ts'
import type { RunId, Store } from '../store/store.ts'
import { Outlines } from './outlines.ts'

const READ_SIZE = 256 * 1024

/** The outline after `offset`, folded for one caller from the nearest sealed head, or else from the log's start. */
export function outlineAt(store: Store, run: RunId, offset: number): Promise<Outline> {
  return new Outlines(async (after) => (await store.read(run, after, READ_SIZE)).batches).at(offset)
}
