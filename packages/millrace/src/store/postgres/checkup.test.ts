import { expect, test } from 'vitest'
import { checkUp } from './checkup.ts'

const quiet = (): void => undefined

test('an old server is refused with the version it needs; those cannot be had here', () => {
  const old = expect.objectContaining({ code: 'store_failed', message: expect.stringMatching(/13\.22.*version 14/) as string }) as Error
  expect(() => { checkUp(['13.22 (Debian 13.22-1)', 'UTF8', 'on', 'on'], quiet) }).toThrow(old)
  for (const version of ['14.0', '15.18 (Debian 15.18-0+deb12u1)', '18beta2']) {
    expect(() => { checkUp([version, 'UTF8', 'on', 'on'], quiet) }).not.toThrow()
  }
})

test('only what loses acknowledged writes warns', () => {
  const said: string[] = []
  for (const commit of ['on', 'local', 'remote_write', 'remote_apply']) checkUp(['16.1', 'UTF8', 'on', commit], (message) => said.push(message))
  expect(said).toEqual([])
  checkUp(['16.1', 'UTF8', 'on', 'off'], (message) => said.push(message))
  expect(said).toEqual([expect.stringContaining('synchronous_commit')])
})
