import { readdir, readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const PAGE = new URL('../../packages/app/dist/page/', import.meta.url)

test('the whole page, client and all, is at most 30 kB on the wire', async () => {
  const files = await readdir(PAGE)
  expect(files.map((file) => file.replace(/-[A-Z0-9]{8}/, '')).sort()).toEqual(['icon.svg', 'index.html', 'page.js', 'style.css'])
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(new URL(file, PAGE))).length))
  const sum = sizes.reduce((total, size) => total + size, 0)
  expect(sum).toBeGreaterThan(5_000)
  expect(sum).toBeLessThanOrEqual(30_000)
})
