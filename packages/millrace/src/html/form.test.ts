import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decoded, asHtmlSays, hostileText } from '../../../../test/support/hostile-text.ts'
import { getStreamingHtml } from './form.ts'

test('every control has a name, and what changes is told to whoever cannot see it', () => {
  const markup = String(getStreamingHtml('ask', 'Your message', { action: '/runs/answer', name: 'question' }))
  expect(markup).toContain('<form id="ask" class="millrace-form" method="post" action="/runs/answer">')
  expect(markup).toContain('<label for="ask-input">Your message</label>')
  expect(markup).toContain('<textarea id="ask-input" name="question"')
  expect(markup).toMatch(/id="ask-status" role="status"/)
  expect(markup).toMatch(/id="ask-answer"[^>]* aria-live="polite" aria-busy="false"/)
})

test('each page has a key of its own', () => {
  const keyOf = (): string | undefined => /<input type="hidden" name="idempotency-key" value="([\w.]{30,80})">/.exec(String(getStreamingHtml('ask', 'x')))?.[1]
  const keys = Array.from({ length: 100 }, keyOf)
  expect(keys).not.toContain(undefined)
  expect(new Set(keys).size).toBe(100)
})

test('a hostile label or name is only words; a hostile id or action is refused', () => {
  fc.assert(fc.property(hostileText, (text) => {
    const markup = String(getStreamingHtml('ask', text, { name: text }))
    const [, label = ''] = /<label for="ask-input">([^<>]*)<\/label>/.exec(markup) ?? []
    const [, name = ''] = /<textarea id="ask-input" name="([^"<>]*)" rows/.exec(markup) ?? []
    expect([decoded(label), decoded(name)]).toEqual([asHtmlSays(text), asHtmlSays(text)])
    if (!/^[A-Za-z_][\w-]*$/.test(text)) expect(() => getStreamingHtml(text, 'x')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  }), { numRuns: 300 })
  expect(() => getStreamingHtml('ask', 'x', { action: 'javascript:alert(1)' })).toThrow(expect.objectContaining({ code: 'invalid_event' }))
})
