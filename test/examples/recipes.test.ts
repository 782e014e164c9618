import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('an answer is shown with all of it so far, and how much of it is there', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: 'examples/recipes' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(9)
  expect(lines[0]).toBe('11 % The ')
  expect(lines.at(-1)).toBe('100 % The race brings the water to the wheel . '.trimEnd())
  expect(stderr).toBe('')
})
