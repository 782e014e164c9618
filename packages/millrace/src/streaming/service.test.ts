import { expect, test, vi } from 'vitest'
import { Arriving } from '../../../../test/support/arriving.ts'
import { FramedDecoder } from '../format/framed-decode.ts'
import { withStream } from './scope.ts'
import { createStreamingService } from './service.ts'

const service = createStreamingService({ defaults: { closeMessage: 'bye' } })

async function* lines(): AsyncGenerator<string> {
  for (let n = 0; n < 3; n += 1) yield `Line ${String(n)}\n`
}

test('each format has its response', async () => {
  expect(await service.createTextResponse(lines()).text()).toBe('Line 0\nLine 1\nLine 2\n')
  expect(await service.createJsonResponse([{ id: 0 }, { id: 1 }]).json()).toEqual([{ id: 0 }, { id: 1 }])
  expect(await service.createJsonResponse([{ id: 0 }], { format: 'ndjson' }).text()).toBe('{"id":0}\n')
  expect(await service.createSseResponse([{ id: 1, data: 'x' }], { event: 'update' }).text()).toBe('id: 1\nevent: update\ndata: x\n\n: bye\n\n')
  expect(new Uint8Array(await service.createBinaryResponse([Uint8Array.of(0, 255), Uint8Array.of(7)]).arrayBuffer())).toEqual(Uint8Array.of(0, 255, 7))
  const framed = service.createBinaryResponse([{ a: 1 }], { format: 'framed' })
  expect(new FramedDecoder().push(new Uint8Array(await framed.arrayBuffer()))).toEqual([{ cursor: null, data: { a: 1 } }])
  expect((await service.createResponse(lines())).headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
})

test('a default holds unless a call says otherwise', async () => {
  expect(await service.createSseResponse(['x'], { closeMessage: null }).text()).toBe('data: x\n\n')
})

/** A source that is open from the start, as a file is. */
function opened(): { readonly source: ReadableStream<string>; readonly cancelled: ReturnType<typeof vi.fn> } {
  const cancelled = vi.fn()
  return { source: new ReadableStream({ pull: (controller) => controller.enqueue('x'), cancel: cancelled }), cancelled }
}

test('a scope closes its source where no response is made of it, or it throws', async () => {
  const one = opened()
  const refused = await withStream(one.source, { format: 'text' }, () => new Response(null, { status: 403 }))
  expect(refused.status).toBe(403)
  await vi.waitFor(() => expect(one.cancelled).toHaveBeenCalledOnce())
  const other = opened()
  await expect(withStream(other.source, { format: 'text' }, (stream) => {
    stream.response()
    throw new Error('late')
  })).rejects.toThrow('late')
  await vi.waitFor(() => expect(other.cancelled).toHaveBeenCalledOnce())
})

test('a response made in a scope closes the source when it is over', async () => {
  const { source, cancelled } = opened()
  const arriving = new Arriving(await withStream(source, { format: 'text' }, (stream) => stream.response()))
  await arriving.until('xxx')
  expect(cancelled).not.toHaveBeenCalled()
  await arriving.leave()
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce())
})
