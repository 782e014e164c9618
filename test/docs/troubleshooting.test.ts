import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const text = await readFile('docs/troubleshooting.md', 'utf8')
const symptoms = text.split(/^### /m).slice(1).map((section) => ({ symptom: section.split('\n')[0] ?? '', section }))

test('there are symptoms', () => {
  expect(symptoms.length).toBeGreaterThan(7)
})

test.each(symptoms)('$symptom has a test in which it happens', async ({ section }) => {
  const [, file = '', name = ''] = /^Test: `(\S+)`, "(.+)"$/m.exec(section) ?? []
  expect(await readFile(file, 'utf8')).toContain(name)
})
