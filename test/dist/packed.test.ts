import { readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installed, installPacked, run } from '../support/installed.ts'

/** The names our users may rely on. `npm test -- test/dist -u` writes it anew. */
const publicFace = join(import.meta.dirname, 'public-face.json')

let installed: Installed
beforeAll(async () => {
  installed = await installPacked()
})
afterAll(() => installed[Symbol.asyncDispose]())

test('what is packed is what runs and what describes it', async () => {
  const files = await readdir(join(installed.folder, 'node_modules', 'millrace'), { recursive: true })
  expect(files).toContain(join('dist', 'index.js'))
  expect(files).toContain('LICENSE')
  const extra = files.filter((file) => /\.test\.|\.tsbuildinfo$|\.tsx?$/.test(file) && !/(?<!\.test)\.d\.ts$/.test(file))
  expect(extra).toEqual([])
})

test('installing it installs nothing else', async () => {
  expect(await readdir(join(installed.folder, 'node_modules'))).toEqual(['.bin', '.package-lock.json', 'millrace'])
})

test('every subpath is imported by its name, with no engine installed, and gives the names we promised', async () => {
  // Hooks are nothing without it.
  await symlink(join(import.meta.dirname, '..', '..', 'node_modules', 'react'), join(installed.folder, 'node_modules', 'react'))
  const faces: Record<string, string[]> = {}
  for (const subpath of installed.subpaths) faces[subpath] = await namesOf(subpath)
  await expect(`${JSON.stringify(faces, null, 2)}\n`).toMatchFileSnapshot(publicFace)
})

test('a store without its client says which package to install', async () => {
  const code = `const { redis } = await import('millrace/redis')
redis('redis://localhost').find('x').catch(({ code, message }) => console.log(code, message))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: installed.folder })
  expect(stdout).toMatch(/^missing_package .*npm install redis/)
})

test('counting tokens without the tokenizer says which package to install', async () => {
  const code = `const { countTokens } = await import('millrace/processors')
async function* text() { yield 'a' }
countTokens(text()).next().catch(({ code, message }) => console.log(code, message))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: installed.folder })
  expect(stdout).toMatch(/^missing_package .*npm install gpt-tokenizer/)
})

test.each([['openaiModel', 'openai'], ['anthropicModel', '@anthropic-ai/sdk']])('%s without its client says which package to install', async (source, name) => {
  const code = `const model = (await import('millrace/model')).${source}({ model: 'x', baseURL: 'http://localhost:1' })
model.stream({ messages: [], signal: new AbortController().signal }).next().catch(({ code, message }) => console.log(code, message))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: installed.folder })
  expect(stdout).toMatch(new RegExp(`^missing_package .*npm install ${name}\n`))
})

test('its commands start', async () => {
  expect(installed.commands).toEqual(['millrace'])
  const { stdout } = await run(join(installed.folder, 'node_modules', '.bin', 'millrace'), ['--help'])
  expect(stdout).toContain('millrace')
})

// Each in a process of its own: one subpath must not work because another was there before it.
async function namesOf(subpath: string): Promise<string[]> {
  const code = `console.log(JSON.stringify(Object.keys(await import('${subpath}')).sort()))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: installed.folder })
  return JSON.parse(stdout) as string[]
}
