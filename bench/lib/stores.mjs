// The stores a bench can put a run in, by the names its options use.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory } from 'millrace'
import { sqlite } from 'millrace/sqlite'

const STORES = {
  memory,
  sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
    return sqlite(join(folder, 'log.db'))
  },
}

/** @param {string} name */
export function storeOf(name) {
  if (!Object.hasOwn(STORES, name)) throw new Error(`There is no store ${name}; there is: ${Object.keys(STORES).join(', ')}.`)
  return STORES[name]()
}
