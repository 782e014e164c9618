import { expect, test } from 'vitest'
import { engineOf } from '../../scripts/lib/engine-of.mjs'

const LLAMA = process.platform === 'linux' && process.arch === 'x64' ? 'gguf' : null

test.each<[string, readonly string[], string | null]>([
  ['the toy', ['--model', 'tiny', '--port', '0'], LLAMA],
  ['the toy, named behind another flag', ['--pace', '3', '--model=tiny'], LLAMA],
  ['a file that is there', ['--model', 'gguf:README.md'], LLAMA],
  ['a folder that is there', ['--model=onnx:docs'], 'onnx'],
  ['a file that is not', ['--model', 'gguf:/nowhere/at all.gguf'], null],
  ['a folder that is not', ['--model', 'onnx:/nowhere'], null],
  ['no file', ['--model', 'gguf'], null],
  ['a model elsewhere', ['--model', 'openai:README.md'], null],
  ['none', ['--port', '0'], null],
  ['nothing behind the flag', ['--model'], null],
])('what is installed for %s', (_which, flags, engine) => {
  expect(engineOf(flags)).toBe(engine)
})
