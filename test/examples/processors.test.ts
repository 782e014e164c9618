import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/processors/main.mjs', import.meta.url))

test('an answer cut in words, fences and links is highlighted, counted, windowed, batched and paced as if it came whole', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stdout.trimEnd().split('\n')).toEqual([
    '— keywords and code, as HTML; text and sources kept —',
    'An <mark>income tax</mark> of 1 &lt; 2 % is no syntax.',
    '<pre><code class="language-js">const tax = &quot;&lt;b&gt;&quot;',
    '</code></pre>See [the law](https://law.example) on **<mark>VAT</mark>**.',
    `113 characters, [ { title: 'The law', relevance: 0.9 } ]`,
    '— keywords as pieces —',
    'income tax is the keyword income tax',
    'tax is the keyword tax',
    'VAT is the keyword VAT',
    '— code —',
    'block 0, js:',
    'const tax = "<b>"',
    '— tokens, counted on the way to something else —',
    '113 characters, 40 tokens',
    '— the end of a long answer —',
    '(83 characters before) tps://law.example) on **VAT**.',
    '— one update a frame, and an even pace —',
    'true true',
    '— Markdown that is whole wherever it stops —',
    'true []',
  ])
  expect(stderr).toBe('')
})
