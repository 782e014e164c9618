import { expect, test, vi } from 'vitest'
import { engine } from './engines.ts'

class Skipped extends Error {}

const context = {
  skip: (reason?: unknown): never => {
    throw new Skipped(String(reason))
  },
}

test('an engine that is missing skips the test and says why', () => {
  vi.stubEnv('CI', '').stubEnv('MILLRACE_MISSING', 'nginx')
  expect(() => engine('nginx', context)).toThrow(new Skipped('nginx is not on this machine'))
  vi.unstubAllEnvs()
})

test('an engine that is missing fails the test in CI', () => {
  vi.stubEnv('CI', 'true').stubEnv('MILLRACE_MISSING', 'nginx')
  expect(() => engine('nginx', context)).not.toThrow(Skipped)
  expect(() => engine('nginx', context)).toThrow('nginx is not on this machine')
  vi.unstubAllEnvs()
})

test('an engine that is there is given by its path', (test) => {
  expect(engine('nginx', test)).toMatch(/^\/.*\/nginx$/)
})

test('an engine that Debian keeps off the PATH is found too', (test) => {
  vi.stubEnv('PATH', '/nowhere')
  expect(engine('postgres', test)).toMatch(/^\/usr\/lib\/postgresql\/\d+\/bin\/postgres$/)
  vi.unstubAllEnvs()
})
