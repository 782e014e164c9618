import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlagError } from './flags.ts'
import { readFolder } from './search/folder.ts'
import type { Skipped } from './search/folder.ts'
import { toDocument } from './search/passages.ts'
import { SearchIndex } from './search/search-index.ts'

export interface Indexed {
  readonly index: SearchIndex
  /** Where the documents are, for people. */
  readonly from: string
  readonly skipped: readonly Skipped[]
}

/** From `packages/app/dist` or `packages/app/src`. */
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))
const OWN_DOCUMENTS = ['README.md', 'PROTOCOL.md', 'docs']

/** Reads and indexes a folder; `null`: the project's own documents. */
export async function indexDocuments(folder: string | null): Promise<Indexed> {
  if (folder !== null && !(await isFolder(folder))) throw new FlagError(`--docs: there is no folder ${JSON.stringify(folder)}.`)
  const { files, skipped } = folder === null ? await readFolder(PROJECT, OWN_DOCUMENTS) : await readFolder(folder)
  const index = new SearchIndex(files.map((file) => toDocument(file.name, file.text)))
  return { index, skipped, from: folder === null ? "Millrace's own documents" : resolve(folder) }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
