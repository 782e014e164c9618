import { expect, test } from 'vitest'
import { isForm, readInput } from './request-body.ts'

const MAX = 64 * 1024
const BOUNDARY = 'xYz'

function post(body: BodyInit, type?: string): Request {
  return new Request('http://localhost/runs/answer', { method: 'POST', body, ...(type === undefined ? {} : { headers: { 'Content-Type': type } }) })
}
const read = (request: Request): Promise<unknown> => readInput(request, MAX, 32)
const part = (head: string, body: string): string => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`
const multipart = (body: string, boundary = BOUNDARY): Request => post(body, `multipart/form-data; boundary=${boundary}`)

test('a form of parts is an object of strings, whatever its fields are named and hold', async () => {
  const form = new FormData()
  const fields = { message: 'a\r\nb\0🌍', __proto__x: '1', 'a"b\nc': '2', '': 'no name', [`--${BOUNDARY}--`]: `--${BOUNDARY}--` }
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('__proto__', 'own')
  form.append('constructor', 'first')
  form.append('constructor', 'last')
  const request = post(form)
  expect(isForm(request)).toBe(true)
  const input = (await read(request)) as Record<string, string>
  expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
  expect(Object.getOwnPropertyDescriptor(input, '__proto__')?.value).toBe('own')
  expect(input['constructor']).toBe('last')
  expect([input['message'], input['']]).toEqual(['a\r\nb\0🌍', 'no name'])
  expect(input[`--${BOUNDARY}--`]).toBe(`--${BOUNDARY}--`)
})

test('a file is refused; a field of files of which none was chosen is not there', async () => {
  const none = part('name="file"; filename=""', '') + part('name="message"', 'hi') + `--${BOUNDARY}--\r\n`
  expect(await read(multipart(none))).toEqual({ message: 'hi' })
  const form = new FormData()
  form.append('file', new File(['x'], 'a.txt'))
  await expect(read(post(form))).rejects.toMatchObject({ code: 'unsupported_media_type' })
  const empty = new FormData()
  empty.append('file', new File([], 'empty.txt'))
  await expect(read(post(empty))).rejects.toMatchObject({ code: 'unsupported_media_type' })
})

test('more fields, or more bytes, than a form has are refused in either encoding', async () => {
  const many = Array.from({ length: 1_001 }, (_, n) => `f${String(n)}=x`)
  const type = 'application/x-www-form-urlencoded'
  await expect(read(post(many.join('&'), type))).rejects.toMatchObject({ code: 'too_large' })
  expect(Object.keys((await read(post(many.slice(1).join('&'), type))) as object)).toHaveLength(1_000)
  const parts = Array.from({ length: 1_001 }, (_, n) => part(`name="f${String(n)}"`, '')).join('')
  await expect(readInput(multipart(`${parts}--${BOUNDARY}--\r\n`), MAX * 4, 32)).rejects.toMatchObject({ code: 'too_large' })
  await expect(read(multipart(part('name="f"', 'x'.repeat(MAX))))).rejects.toMatchObject({ code: 'too_large' })
})

test.each([
  ['no boundary', 'multipart/form-data', part('name="a"', 'x') + `--${BOUNDARY}--\r\n`],
  ['another boundary', 'multipart/form-data; boundary=other', part('name="a"', 'x') + `--${BOUNDARY}--\r\n`],
  ['an empty boundary', 'multipart/form-data; boundary=', '----\r\n'],
  ['a boundary like an expression', 'multipart/form-data; boundary="(a+)+$"', `--${'a'.repeat(1_000)}\r\n`],
  ['no last boundary', `multipart/form-data; boundary=${BOUNDARY}`, part('name="a"', 'x')],
  ['a part without a name', `multipart/form-data; boundary=${BOUNDARY}`, part('filename="x"', 'x') + `--${BOUNDARY}--\r\n`],
  ['a part without a head', `multipart/form-data; boundary=${BOUNDARY}`, `--${BOUNDARY}\r\nx\r\n--${BOUNDARY}--\r\n`],
  ['nothing but boundaries', `multipart/form-data; boundary=${BOUNDARY}`, `--${BOUNDARY}\r\n`.repeat(2_000)],
])('a broken form is refused, and nothing else happens: %s', async (_what, type, body) => {
  await expect(read(post(body, type))).rejects.toMatchObject({ code: 'invalid_request' })
})

test('of a body in small pieces, no piece is kept', async () => {
  const text = JSON.stringify({ message: 'x'.repeat(10_000) })
  const piece = new Uint8Array(1)
  let at = 0
  // Each piece is the same memory, written anew: whoever kept the pieces would hold the last one many times.
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      piece[0] = text.charCodeAt(at)
      controller.enqueue(piece)
      at += 1
      if (at === text.length) controller.close()
    },
  }, { highWaterMark: 0 })
  const headers = { 'Content-Type': 'application/json' }
  const request = new Request('http://localhost/runs/answer', { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  expect(await read(request)).toEqual(JSON.parse(text))
})
