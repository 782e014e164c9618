import { expect, test } from 'vitest'
import { FlagError, isLoopback, parseFlags } from './flags.ts'

test('without flags: this machine only, SQLite, the documents of the project, 60 words a second', () => {
  expect(parseFlags([])).toEqual({
    port: 8787, host: '127.0.0.1', allowHosts: [], behindProxy: false,
    store: { kind: 'sqlite', path: '.millrace/log.db' }, docs: null, model: { kind: 'extract' }, pace: 60, help: false,
  })
})

test('reads every flag', () => {
  const args = '--port=0 --host [::] --allow-host Mill.example --allow-host b --behind-proxy --store memory: --docs notes --pace 0'
  expect(parseFlags(args.split(' '))).toMatchObject({
    port: 0, host: '::', allowHosts: ['mill.example', 'b'], behindProxy: true, store: { kind: 'memory' }, docs: 'notes', pace: 0,
  })
  expect(parseFlags(['--store', 'sqlite:a b.db']).store).toEqual({ kind: 'sqlite', path: 'a b.db' })
  expect(parseFlags(['--store', 'nats://u:p@h:1']).store).toEqual({ kind: 'nats', url: 'nats://u:p@h:1' })
  expect(parseFlags(['--store', 'redis://h:1/2']).store).toEqual({ kind: 'redis', url: 'redis://h:1/2' })
})

test('reads every model', () => {
  const modelOf = (text: string): unknown => parseFlags(['--model', text]).model
  expect(modelOf('tiny')).toEqual({ kind: 'tiny' })
  expect(modelOf('gguf:models/a b.gguf')).toEqual({ kind: 'gguf', path: 'models/a b.gguf' })
  expect(modelOf('onnx:C:\\models\\qwen')).toEqual({ kind: 'onnx', path: 'C:\\models\\qwen' })
  expect(modelOf('openai:qwen3:0.6b')).toEqual({ kind: 'openai', name: 'qwen3:0.6b' })
  expect(modelOf('anthropic:claude')).toEqual({ kind: 'anthropic', name: 'claude' })
})

test('only what nobody could watch is slowed down without being told', () => {
  expect(['extract', 'tiny', 'gguf:a', 'openai:a'].map((model) => parseFlags(['--model', model]).pace)).toEqual([60, 60, null, null])
  expect(parseFlags(['--model', 'gguf:a', '--pace', '5']).pace).toBe(5)
})

test.each([
  ['--model big', /--model takes extract, tiny, gguf:FILE/],
  ['--model gguf:', /--model takes/],
  ['--prot 1', /--prot/],
  ['extra', /extra/],
  ['--port', /--port/],
  ['--port 65536', /--port takes a whole number from 0 to 65535, not "65536"/],
  ['--port -1', /--port/],
  ['--port 1e3', /--port/],
  ['--pace fast', /--pace/],
  ['--store redis://', /--store takes/],
  ['--store redis://h:port', /--store takes/],
  ['--store nats://', /--store takes/],
  ['--store nats://h:port', /--store takes/],
  ['--store http://x', /--store takes/],
  ['--store sqlite:', /--store takes/],
  ['--host 0.0.0.0', /--allow-host NAME/],
  ['--allow-host a:80', /--allow-host takes a host name/],
])('%s is refused in one clear line', (line, message) => {
  const parse = (): unknown => parseFlags(line.split(' '))
  expect(parse).toThrow(FlagError)
  expect(parse).toThrow(message)
  expect(parse).not.toThrow(/\n/)
})

test.each([['localhost', true], ['127.0.0.1', true], ['127.9.9.9', true], ['::1', true], ['0.0.0.0', false], ['127.evil.example', false], ['localhost.evil.example', false]])(
  '%s is this machine only: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  },
)
