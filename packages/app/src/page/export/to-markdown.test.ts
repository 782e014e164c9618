import type { Turn } from 'millrace/client'
import { expect, test } from 'vitest'
import { toMarkdown } from './to-markdown.ts'

const TURN: Turn = { id: 'A', query: 'What?\nNow.', parent: null, status: 'completed', content: 'So. [1]\n', sources: [], createdAt: 0, endedAt: 1 }

test('questions are headings, answers as they are, sources in their order', () => {
  const sources = [{ title: 'a.md › [A]', url: '/docs/a.md#a(1)' }, { title: 'B' }, { title: 'C', url: '//[' }]
  expect(toMarkdown('A # title', [{ ...TURN, sources }, { ...TURN, query: 'More?', status: 'cancelled' }], 'http://mill.example')).toBe(
    '# A # title\n\n## What? Now.\n\nSo. [1]\n\n1. [a.md › \\[A\\]](http://mill.example/docs/a.md#a%281%29)\n2. B\n3. C\n\n## More?\n\nSo. [1]\n\n*(cancelled)*\n',
  )
})

test.each(['javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd'])('a source’s address that is none is not exported: %o', (url) => {
  expect(toMarkdown('T', [{ ...TURN, sources: [{ title: 'Evil', url }] }], 'http://mill.example')).toContain('\n1. Evil\n')
})
