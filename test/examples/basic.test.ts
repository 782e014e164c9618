import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/basic/main.mjs', import.meta.url))

test('the first example streams, is cut, resumes right after the cut and is cancelled', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  const [all, before, after, last, ...more] = stdout.split('\n')
  expect(all).toBe(`${Array.from({ length: 20 }, (_, n) => n + 1).join(' ')} `)
  const seen = numbers(before, 'before the cut:')
  const next = numbers(after, 'after the cut:')
  expect([...seen, ...next]).toEqual(Array.from({ length: seen.length + next.length }, (_, n) => n + 1))
  expect(last).toBe('at last: cancelled')
  expect(more).toEqual([''])
  expect(stderr).toBe('')
})

function numbers(line: string | undefined, head: string): number[] {
  expect(line).toMatch(new RegExp(`^${head}( \\d+)+ $`))
  return line!.slice(head.length).trim().split(' ').map(Number)
}
