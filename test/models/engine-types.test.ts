import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { engine, type ModelEngine } from '../support/engines.ts'

const root = join(import.meta.dirname, '..', '..')
const PROGRAMS = [
  { name: 'node-llama-cpp', folder: 'gguf', model: 'ggufModel' },
  { name: '@huggingface/transformers', folder: 'onnx', model: 'onnxModel' },
] as const satisfies readonly { readonly name: ModelEngine; readonly folder: string; readonly model: string }[]

test.for(PROGRAMS)('a program that loads $name itself may hand it over, as it is typed', { timeout: 120_000 }, ({ name, folder, model }, context) => {
  engine(name, context)
  // The second is wrong: had the package's types not been found, anything would do.
  expect(complaints(folder, `
    import { ${model} } from '../../../millrace/src/model/index.ts'
    import * as engine from '${name}'
    export const right = ${model}({ path: '', engine })
    // @ts-expect-error
    export const wrong = ${model}({ path: '', engine: { ...engine, getLlama: 1, Tensor: 1 } })`)).toEqual([])
})

/** What the compiler says to a program that lies beside the package. */
function complaints(folder: string, text: string): string[] {
  const file = join(root, 'packages', 'app', 'engines', folder, 'consumer.ts')
  const options: ts.CompilerOptions = {
    strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, noEmit: true, allowImportingTsExtensions: true, types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')], target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (path) => path === file || fileExists(path)
  host.getSourceFile = (path, ...rest) => (path === file ? ts.createSourceFile(path, text, ...rest) : getSourceFile(path, ...rest))
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
