import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { page, PAGE_STYLE } from './page.ts'

test('the page’s policy allows its own style and nothing else', () => {
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64')
  expect(page.page?.['Content-Security-Policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}';`)
})
