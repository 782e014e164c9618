import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { getStreamingJs, streamingScript } from 'millrace/html'
import { asHtmlSays, decoded, hostileText } from '../support/hostile-text.ts'

const ATTRIBUTES = /^<script((?: [a-z-]+(?:="[^"<>]*")?)*)>([^]*)<\/script>\n$/

/** A script element's attributes, as a parser reads them, and what stands in it. */
function read(element: string): [Record<string, string>, string] {
  const [, attributes = '', code = ''] = ATTRIBUTES.exec(element) ?? []
  return [Object.fromEntries([...attributes.matchAll(/ ([a-z-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [name, decoded(value)])), code]
}

test('the file, its hash and its name belong together, and it can stand inline', async () => {
  const { code, integrity, name } = streamingScript()
  expect(await readFile('packages/millrace/dist/html/streaming-form.js', 'utf8')).toBe(code)
  expect(integrity).toBe(`sha384-${createHash('sha384').update(code).digest('base64')}`)
  expect(name).toMatch(/^streaming-form-[0-9a-f]{10}\.js$/)
  expect(code).not.toMatch(/<\/script|<!--/i)
})

test('whatever is said about the form is only data to the script', () => {
  const { code, integrity } = streamingScript()
  fc.assert(fc.property(hostileText, (text) => {
    const said = asHtmlSays(text)
    expect(read(String(getStreamingJs('ask', `/${text}`, { nonce: text })))).toEqual([{ nonce: said, 'data-form': 'ask', 'data-url': `/${said}` }, code])
    expect(read(String(getStreamingJs('ask', `/${text}`, { src: text })))).toEqual([{ src: said, integrity, 'data-form': 'ask', 'data-url': `/${said}`, defer: '' }, ''])
    if (!/^[A-Za-z_][\w-]*$/.test(text)) expect(() => getStreamingJs(text, '/')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  }), { numRuns: 200 })
})
