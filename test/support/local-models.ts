import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { ggufModel, onnxModel } from '../../packages/millrace/src/model/index.ts'
import type { LlamaCpp, LocalModel, TransformersJs } from '../../packages/millrace/src/model/index.ts'
import type { Said } from '../../packages/millrace/src/index.ts'
import { engine, type ModelEngine } from './engines.ts'

const app = join(import.meta.dirname, '..', '..', 'packages', 'app')
const tiny = join(app, 'models', 'kjv-1m')

/** One of the two ways to run the toy model that lies in the repository. */
export interface Local {
  readonly name: string
  readonly engine: ModelEngine
  readonly path: string
  /** As `--model` of the application takes it. */
  readonly flag: string
  /** Two answers at once. */
  open(path?: string): Promise<LocalModel>
  /** A copy of the model that knows turns; its path. */
  withTemplate(template: string, folder: string): Promise<string>
}

const engineModule = async <Module>(folder: string): Promise<Module> => (await import(join(app, 'engines', folder, 'engine.mjs'))) as Module

const gguf: Local = {
  name: 'GGUF', engine: 'node-llama-cpp', path: join(tiny, 'kjv-1m.gguf'), flag: 'tiny',
  open: async (path = gguf.path) => ggufModel({ path, parallel: 2, engine: await engineModule<LlamaCpp>('gguf') }),
  async withTemplate(template, folder) {
    const path = join(folder, 'chat.gguf')
    await writeFile(path, addText(await readFile(gguf.path), 'tokenizer.chat_template', template))
    return path
  },
}

const onnx: Local = {
  name: 'ONNX', engine: '@huggingface/transformers', path: join(tiny, 'kjv-1m-onnx'), flag: `onnx:${join(tiny, 'kjv-1m-onnx')}`,
  open: async (path = onnx.path) => onnxModel({ path, parallel: 2, engine: await engineModule<TransformersJs>('onnx') }),
  async withTemplate(template, folder) {
    const path = join(folder, 'chat')
    await cp(onnx.path, path, { recursive: true })
    const file = join(path, 'tokenizer_config.json')
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), chat_template: template }))
    return path
  },
}

export const LOCALS: readonly Local[] = [gguf, onnx]

const shared = new Map<Local, Promise<LocalModel>>()

/** The model, one for all tests of a file; without its engine the test is skipped (in CI: fails). */
export async function opened(local: Local, test: TestContext): Promise<LocalModel> {
  engine(local.engine, test)
  const model = shared.get(local) ?? local.open()
  shared.set(local, model)
  return model
}

export async function closeAll(): Promise<void> {
  for (const model of shared.values()) await (await model).close()
}

export async function tempFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-model-'))
  test.onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export function textOf(said: readonly Said[]): string {
  return said.filter((one) => typeof one === 'string').join('')
}

/** A GGUF file with one more text in its head: what follows the head begins at a multiple of 32. */
function addText(file: Buffer, key: string, value: string): Buffer {
  const head = 24
  const end = endOfHead(file)
  const count = file.readBigUInt64LE(16)
  const changed = Buffer.from(file.subarray(0, head))
  changed.writeBigUInt64LE(count + 1n, 16)
  const type = Buffer.from([8, 0, 0, 0])
  const before = Buffer.concat([changed, ggufText(key), type, ggufText(value), file.subarray(head, end)])
  return Buffer.concat([before, Buffer.alloc(-before.length & 31), file.subarray((end + 31) & ~31)])
}

function ggufText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([length, bytes])
}

/** Where the description of the last tensor ends. */
function endOfHead(file: Buffer): number {
  let at = 24
  const word = (): number => file.readUInt32LE((at += 4) - 4)
  const long = (): number => Number(file.readBigUInt64LE((at += 8) - 8))
  const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
  const skip = (type: number): void => {
    if (type === 8) {
      const length = long()
      at += length
    }
    else if (type === 9) {
      const inner = word()
      for (let left = long(); left > 0; left -= 1) skip(inner)
    } else at += SIZES[type] ?? 0
  }
  const [tensors, pairs] = [Number(file.readBigUInt64LE(8)), Number(file.readBigUInt64LE(16))]
  for (let n = 0; n < pairs; n += 1) {
    skip(8)
    skip(word())
  }
  for (let n = 0; n < tensors; n += 1) {
    skip(8)
    const dimensions = word()
    at += 8 * dimensions + 4 + 8
  }
  return at
}
