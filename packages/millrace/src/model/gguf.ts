import { missingPackage } from '../event/missing-package.ts'
import { modelNotLoaded } from './failure.ts'
import type { Engine, Lane, Sampling } from './local/engine.ts'
import { isThinking, TOP_K } from './local/engine.ts'
import { localModel, type LocalModel } from './local/local-model.ts'
import { plainPrompt } from './local/prompt.ts'
import type { ModelMessage } from './model.ts'
import { pathName } from './path-name.ts'

export interface GgufOptions {
  /** The `.gguf` file. */
  readonly path: string
  /** How many tokens a prompt and its answer may have. Default: what the model was trained for and memory allows, at most 8192. */
  readonly contextSize?: number
  /** How many answers are written at once, each in a context of its own; others wait in line. Default 4. */
  readonly parallel?: number
  /** Default 1: on a machine with few cores more are slower, and llama.cpp's own choice may hang there. */
  readonly threads?: number
  /** The package `node-llama-cpp`, where the program has loaded it itself. */
  readonly engine?: LlamaCpp
}

/** What is used of `node-llama-cpp` 3. */
export interface LlamaCpp {
  getLlama(options: { readonly gpu: false; readonly build: 'never'; readonly maxThreads: number }): Promise<Llama>
  resolveChatWrapper(model: LlamaWeights): ChatWrapper
}

interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaWeights>
  dispose(): Promise<void>
}

interface LlamaWeights {
  readonly tokens: { readonly bos: number | null; readonly shouldPrependBosToken: boolean }
  readonly fileInfo: { readonly metadata: { readonly tokenizer?: { readonly chat_template?: string } } }
  readonly tokenizer: unknown
  tokenize(text: string): number[]
  detokenize(tokens: readonly number[]): string
  createContext(options: { readonly contextSize: number | { readonly max: number }; readonly sequences: number; readonly threads: number }): Promise<LlamaContext>
}

interface LlamaContext {
  readonly contextSize: number
  getSequence(): LlamaSequence
}

interface LlamaSequence {
  clearHistory(): Promise<void>
  evaluate(tokens: number[], options: { readonly temperature: number; readonly topK: number; readonly seed: number }): AsyncGenerator<number, void, undefined>
}

interface ChatWrapper {
  generateContextState(options: { readonly chatHistory: readonly ChatItem[] }): { readonly contextText: { tokenize(tokenizer: unknown): number[] } }
}

type ChatItem =
  | { readonly type: 'system' | 'user'; readonly text: string }
  | { readonly type: 'model'; readonly response: string[] }

const DEFAULT_PARALLEL = 4
/** Each context takes its memory at once, whether or not it is ever filled. */
const MAX_CONTEXT = 8192
const PACKAGE = 'node-llama-cpp'

/**
 * A model in a GGUF file, run by llama.cpp in this process, on its processor.
 * @throws MillraceError `missing_package`, `invalid_request`
 * @throws PublicError `model_unavailable`
 */
export async function ggufModel(options: GgufOptions): Promise<LocalModel> {
  const name = pathName('ggufModel', options.path).replace(/\.gguf$/i, '')
  const engine = options.engine ?? (await loadPackage())
  try {
    return localModel(name, await open(engine, options))
  } catch (cause) {
    throw modelNotLoaded(cause)
  }
}

async function loadPackage(): Promise<LlamaCpp> {
  try {
    // Not a literal, so that who bundles a server without it is not asked for it.
    return (await import(PACKAGE)) as LlamaCpp
  } catch (cause) {
    throw missingPackage('GGUF models need', PACKAGE, cause, '--ignore-scripts')
  }
}

async function open(engine: LlamaCpp, { path, contextSize, parallel = DEFAULT_PARALLEL, threads = 1 }: GgufOptions): Promise<Engine> {
  const llama = await engine.getLlama({ gpu: false, build: 'never', maxThreads: threads })
  try {
    const weights = await llama.loadModel({ modelPath: path })
    const context = await weights.createContext({ contextSize: contextSize ?? { max: MAX_CONTEXT }, sequences: parallel, threads })
    return {
      contextSize: context.contextSize,
      lanes: Array.from({ length: parallel }, () => laneOf(context.getSequence())),
      thinks: isThinking(weights.fileInfo.metadata.tokenizer?.chat_template),
      prompt: prompter(engine, weights),
      encode: (text) => weights.tokenize(text),
      decode: (tokens) => weights.detokenize(tokens),
      close: () => llama.dispose(),
    }
  } catch (error) {
    await llama.dispose()
    throw error
  }
}

function laneOf(sequence: LlamaSequence): Lane {
  return {
    async *generate(prompt: readonly number[], { temperature, seed }: Sampling) {
      await sequence.clearHistory()
      yield* sequence.evaluate([...prompt], { temperature, topK: TOP_K, seed })
    },
  }
}

function prompter(engine: LlamaCpp, weights: LlamaWeights): Engine['prompt'] {
  if (weights.fileInfo.metadata.tokenizer?.chat_template === undefined) {
    const { bos, shouldPrependBosToken } = weights.tokens
    const before = shouldPrependBosToken && bos !== null ? [bos] : []
    return (messages, prefix) => [...before, ...weights.tokenize(plainPrompt(messages) + prefix)]
  }
  // Keeps what people wrote apart from the marks of the template, so that nobody writes a turn of somebody else's.
  const wrapper = engine.resolveChatWrapper(weights)
  return (messages, prefix) => {
    const chatHistory = [...messages.map(toChatItem), { type: 'model', response: prefix === '' ? [] : [prefix] } as const]
    return wrapper.generateContextState({ chatHistory }).contextText.tokenize(weights.tokenizer)
  }
}

function toChatItem(message: ModelMessage): ChatItem {
  if (message.role === 'assistant') return { type: 'model', response: [message.text] }
  return { type: message.role === 'system' ? 'system' : 'user', text: message.text }
}
