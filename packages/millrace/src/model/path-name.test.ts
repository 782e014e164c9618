import { expect, test } from 'vitest'
import { ggufModel } from './gguf.ts'
import { onnxModel } from './onnx.ts'
import { pathName } from './path-name.ts'

test('a model is called by the last part of its path', () => {
  expect(['/m/qwen.gguf', 'm/qwen/', 'C:\\m\\qwen', 'qwen'].map((path) => pathName('any', path))).toEqual(['qwen.gguf', 'qwen', 'qwen', 'qwen'])
})

test('without a path it is said what is missing', async () => {
  // As a program without types has it, of a variable that is not set.
  const options = JSON.parse('{}') as { readonly path: string }
  await expect(ggufModel(options)).rejects.toMatchObject({ code: 'invalid_request', message: 'ggufModel needs a `path`: where the model lies.' })
  await expect(onnxModel({ path: '' })).rejects.toMatchObject({ code: 'invalid_request', message: 'onnxModel needs a `path`: where the model lies.' })
})
