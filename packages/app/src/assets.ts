import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { toAsset } from './responses.ts'
import type { Asset } from './responses.ts'
import type { SearchIndex } from './search/search-index.ts'
import { withSuggestions } from './suggestions.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** How the build names a file by its content. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/

/** The built page, read once: a request never touches the disk. */
export async function loadAssets(folder: URL, index: SearchIndex): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>()
  for (const name of await readdir(folder)) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const asset = toAsset(new Uint8Array(await readFile(new URL(name, folder))), type, HASHED.test(name))
    if (name === 'index.html') assets.set('/', withSuggestions(asset, index))
    else assets.set(`/${name}`, asset)
  }
  return assets
}
