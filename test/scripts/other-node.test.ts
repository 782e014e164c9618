import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { otherNode } from '../../scripts/lib/other-node.mjs'
import { engine } from '../support/engines.ts'

test('`--node 24` is taken out of the arguments and makes that Node the first to be found', (test) => {
  engine('node-24', test)
  const { args, env } = otherNode(['sqlite', '--node', '24', '--bail=1'])
  expect(args).toEqual(['sqlite', '--bail=1'])
  expect(execFileSync('node', ['--version'], { env, encoding: 'utf8' })).toMatch(/^v24\./)
})

test('without it nothing changes, and another version is refused', () => {
  expect(otherNode(['sqlite'])).toEqual({ args: ['sqlite'], env: {} })
  expect(() => otherNode(['--node', '18'])).toThrow('--node 24')
  expect(() => otherNode(['--node'])).toThrow('--node 24')
})
