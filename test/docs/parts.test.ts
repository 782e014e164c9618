import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const ROOMS = readdirSync('packages/millrace/src', { withFileTypes: true }).filter((room) => room.isDirectory()).map(({ name }) => name)
const { exports } = JSON.parse(readFileSync('packages/millrace/package.json', 'utf8')) as { exports: Record<string, unknown> }
const IMPORTS = Object.keys(exports).filter((subpath) => subpath !== './package.json').map((subpath) => subpath.replace('.', 'millrace'))

describe('whatever can be imported stands in the table of parts', () => {
  test.each(['README.md', 'packages/millrace/README.md'])('%s', (file) => {
    const listed = [...readFileSync(file, 'utf8').matchAll(/^\| `(millrace[\w/-]*)` \|/gm)].map(([, name]) => name)
    expect(listed.filter((name, at) => listed.indexOf(name) === at).toSorted()).toEqual(IMPORTS.toSorted())
  })
})

describe('whoever enters the house finds every room', () => {
  test.each(['AGENTS.md', 'docs/architecture.md'])('%s', (file) => {
    const text = readFileSync(file, 'utf8')
    expect(ROOMS.filter((room) => !text.includes(`${room}/`))).toEqual([])
  })
})
