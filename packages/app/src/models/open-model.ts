import { anthropicModel, ggufModel, onnxModel, openaiModel } from 'millrace/model'
import type { LlamaCpp, Model, TransformersJs } from 'millrace/model'
import { FlagError } from '../flags.ts'
import { missingFor, toText } from './choices.ts'
import type { Environment, ModelFlag } from './choices.ts'
import { importEngine, TINY } from './places.ts'

/**
 * The model that `--model` names, loaded; `null`: answers are made without one.
 * @throws FlagError where something is missing, saying what and how to get it
 */
export async function openModel(flag: ModelFlag, env: Environment): Promise<Model | null> {
  const missing = missingFor(flag, env)
  if (missing !== null) throw new FlagError(`--model ${toText(flag)}: ${missing}`)
  try {
    return await load(flag, env)
  } catch (cause) {
    throw new FlagError(`--model ${toText(flag)}: ${cause instanceof Error ? reasonOf(cause) : 'cannot be loaded'}`)
  }
}

async function load(flag: ModelFlag, env: Environment): Promise<Model | null> {
  switch (flag.kind) {
    case 'extract': return null
    case 'tiny': return ggufModel({ path: TINY, engine: await importEngine<LlamaCpp>('node-llama-cpp') })
    case 'gguf': return ggufModel({ path: flag.path, engine: await importEngine<LlamaCpp>('node-llama-cpp') })
    case 'onnx': return onnxModel({ path: flag.path, engine: await importEngine<TransformersJs>('@huggingface/transformers') })
    case 'openai': return openaiModel({ model: flag.name, ...access(env, 'OPENAI') })
    case 'anthropic': return anthropicModel({ model: flag.name, ...access(env, 'ANTHROPIC') })
  }
}

function access(env: Environment, vendor: string): { readonly baseURL?: string; readonly apiKey?: string } {
  const [baseURL, apiKey] = [env[`${vendor}_BASE_URL`], env[`${vendor}_API_KEY`]]
  return { ...(baseURL === undefined ? {} : { baseURL }), ...(apiKey === undefined ? {} : { apiKey }) }
}

/** The first line of the innermost reason: what a person can do something about. */
function reasonOf(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause : error
  return inner.message.split('\n')[0] ?? ''
}
