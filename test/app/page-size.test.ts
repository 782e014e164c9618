import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const PAGE = new URL('../../packages/app/dist/page/', import.meta.url)

/** Two thirds are React's DOM renderer, which is what it costs to show the library as most people will use it. Ours are about 33 kB. */
const LIMIT = 110_000

test('the whole page, React, the client and all, is at most 110 kB on the wire', async () => {
  const files = await readdir(PAGE)
  expect(files.map((file) => file.replace(/-[A-Z0-9]{8}/, '')).sort()).toEqual(['icon.svg', 'index.html', 'page.js', 'style.css'])
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(new URL(file, PAGE))).length))
  const sum = sizes.reduce((total, size) => total + size, 0)
  expect(sum).toBeGreaterThan(5_000)
  expect(sum).toBeLessThanOrEqual(LIMIT)
})
