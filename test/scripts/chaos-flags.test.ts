import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { chaosFlags, HELP, SCHEMES } from '../../scripts/lib/chaos-flags.mjs'
import { ENGINE_SORTS } from '../fault/chaos/engine/engines.ts'

test('a storm has what it is told, and the rest as the help says', () => {
  expect(chaosFlags([])).toMatchObject({ help: false, store: 'sqlite', kills: 250, lease: 1500, histories: null })
  expect(chaosFlags('--store redis://localhost:6379 --kills 50 --lease 900 --histories 10000 --seed 7'.split(' ')))
    .toEqual({ help: false, store: 'redis://localhost:6379', kills: 50, lease: 900, histories: 10_000, seed: 7 })
  expect(chaosFlags([]).seed).not.toBe(chaosFlags([]).seed)
})

test('every engine may be named', () => {
  expect(SCHEMES).toEqual(ENGINE_SORTS.map(({ scheme }) => scheme))
})

test.each([
  ['--bogus', /^Unknown option '--bogus'. Run with --help to see the flags.$/],
  ['--kills', /--kills/],
  ['--kills 0', /--kills takes a whole number from 1, not "0"/],
  ['--kills many', /--kills takes/],
  ['--lease 1.5', /--lease takes/],
  ['--histories -1', /--histories/],
  ['--seed x', /--seed takes/],
  ['--store mysql://me:secret@host', /^--store takes one of sqlite, redis, postgres, nats, alone or with its address, not "mysql".$/],
])('%s is refused in a line', (args, message) => {
  expect(() => chaosFlags(args.split(' '))).toThrow(message)
})

test('--help is answered without a storm, and what cannot be followed with a line and code 2', () => {
  expect(execFileSync(process.execPath, ['scripts/chaos.mjs', '--help'], { encoding: 'utf8' })).toBe(HELP)
  expect(spawnSync(process.execPath, ['scripts/chaos.mjs', '--kills', '0'], { encoding: 'utf8' }))
    .toMatchObject({ status: 2, stdout: '', stderr: '--kills takes a whole number from 1, not "0".\n' })
})
