import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { badLine, type BadLine } from './bad-line.ts'
import { until } from './run/faulty.ts'

/** A server that gives back what it is told, at the far end of a line. */
async function echo(): Promise<AsyncDisposable & { readonly line: BadLine; readonly open: ReadonlySet<Socket> }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => undefined).pipe(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const line = await badLine(() => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }))
  return {
    line, open,
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]()
      server.close()
    },
  }
}

/** Somebody at the near end. */
function caller({ host, port }: BadLine): { readonly socket: Socket; readonly heard: () => string; readonly isClosed: () => boolean } {
  const socket = connect({ host, port })
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text)).on('error', () => undefined)
  return { socket, heard: () => heard, isClosed: () => socket.closed }
}

test('a line gives on what is said, both ways, and the end of it', async () => {
  await using far = await echo()
  const { socket, heard, isClosed } = caller(far.line)
  socket.write('hello')
  await until(() => heard() === 'hello', 'it is heard')
  socket.end()
  await until(isClosed, 'the end comes back')
})

test('a cut lets through just so many bytes more', async () => {
  await using far = await echo()
  const { socket, heard, isClosed } = caller(far.line)
  socket.write('a')
  await until(() => heard() === 'a', 'it is heard')
  far.line.cut(3)
  socket.write('bcdef')
  await until(isClosed, 'it is cut')
  expect(heard()).toBe('abcd')
})

test('a stall holds old connections and new ones, and loses nothing', async () => {
  await using far = await echo()
  const one = caller(far.line)
  one.socket.write('a')
  await until(() => one.heard() === 'a', 'it is heard')
  const letGo = far.line.stall()
  const other = caller(far.line)
  one.socket.write('b')
  other.socket.write('c')
  await until(() => far.open.size === 2, 'both are connected')
  expect([one.heard(), other.heard()]).toEqual(['a', ''])
  letGo()
  await until(() => one.heard() === 'ab' && other.heard() === 'c', 'all of it comes')
})

test('of a half open connection only the far end is gone; a new one is whole', async () => {
  await using far = await echo()
  const one = caller(far.line)
  one.socket.write('a')
  await until(() => one.heard() === 'a', 'it is heard')
  const reset = far.line.halfOpen()
  await until(() => far.open.size === 0, 'the far end is gone')
  one.socket.write('b')
  const other = caller(far.line)
  other.socket.write('c')
  await until(() => other.heard() === 'c', 'the new one is whole')
  expect([one.heard(), one.isClosed()]).toEqual(['a', false])
  reset()
  await until(one.isClosed, 'it is reset')
})
