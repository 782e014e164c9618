import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFolder } from './folder.ts'

let base = ''
let folder = ''

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'millrace-docs-'))
  folder = join(base, 'docs')
  await mkdir(join(folder, 'inner'), { recursive: true })
  await writeFile(join(base, 'secret.md'), 'secret')
})
afterEach(() => rm(base, { recursive: true, force: true }))

const names = (files: readonly { readonly name: string }[]): string[] => files.map((file) => file.name)

test('reads text files of the folder and the folders in it, in one order', async () => {
  await writeFile(join(folder, 'b.txt'), 'b\r\nb')
  await writeFile(join(folder, 'inner', 'a.MARKDOWN'), 'a')
  await writeFile(join(folder, 'code.js'), 'x')
  await writeFile(join(folder, '.hidden.md'), 'x')
  const { files, skipped } = await readFolder(folder)
  expect(files).toEqual([{ name: 'b.txt', text: 'b\nb' }, { name: 'inner/a.MARKDOWN', text: 'a' }])
  expect(skipped).toEqual([])
})

test('does not follow a link out of the folder, whatever it looks like', async () => {
  await symlink('../secret.md', join(folder, 'relative.md'))
  await symlink(join(base, 'secret.md'), join(folder, 'absolute.md'))
  await symlink('..', join(folder, 'up'))
  await symlink('inner/../../secret.md', join(folder, 'winding.md'))
  await symlink(base, join(folder, 'inner', 'base'))
  // A folder beside it whose name begins alike is outside too.
  await mkdir(`${folder}-more`)
  await writeFile(join(`${folder}-more`, 'x.md'), 'x')
  await symlink(`${folder}-more`, join(folder, 'more'))
  const { files, skipped } = await readFolder(folder)
  expect(files).toEqual([])
  expect(names(skipped)).toEqual(['absolute.md', 'inner/base', 'more', 'relative.md', 'up', 'winding.md'])
  expect(new Set(skipped.map((one) => one.why))).toEqual(new Set(['a link out of the folder']))
})

test('follows a link inside the folder once, and a circle never', async () => {
  await writeFile(join(folder, 'inner', 'a.md'), 'a')
  await symlink('inner', join(folder, 'again'))
  await symlink('..', join(folder, 'inner', 'circle'))
  expect(names((await readFolder(folder)).files)).toEqual(['inner/a.md'])
})

test('a folder that is itself a link is read where it leads', async () => {
  await writeFile(join(folder, 'a.md'), 'a')
  await symlink(folder, join(base, 'link'))
  expect(names((await readFolder(join(base, 'link'))).files)).toEqual(['a.md'])
})

test('names beginning outside are refused', async () => {
  expect(await readFolder(folder, ['../secret.md', 'missing.md'])).toEqual({
    files: [], skipped: [{ name: '../secret.md', why: 'outside the folder' }],
  })
})

test('reports what is too large, not text or not a file, and reads the rest', async () => {
  await writeFile(join(folder, 'large.md'), Buffer.alloc(1024 * 1024 + 1, 'a'))
  await writeFile(join(folder, 'whole.md'), Buffer.alloc(1024 * 1024, 'a'))
  await writeFile(join(folder, 'nul.md'), 'a\0b')
  await writeFile(join(folder, 'latin.txt'), Buffer.from([0x61, 0xe9, 0x62]))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe.md')])
  const socket = createServer().listen(join(folder, 'socket.md'))
  await symlink('nowhere.md', join(folder, 'dangling.md'))
  const { files, skipped } = await readFolder(folder)
  socket.close()
  expect(names(files)).toEqual(['whole.md'])
  expect(skipped).toEqual([
    { name: 'large.md', why: 'larger than 1 MiB' },
    { name: 'latin.txt', why: 'not text' },
    { name: 'nul.md', why: 'not text' },
    { name: 'pipe.md', why: 'not a file' },
    { name: 'socket.md', why: 'not a file' },
  ])
})
