import { missingPackage } from '../event/missing-package.ts'
import { modelNotLoaded } from './failure.ts'
import type { Engine, Lane } from './local/engine.ts'
import { isThinking } from './local/engine.ts'
import { localModel, type LocalModel } from './local/local-model.ts'
import { plainPrompt } from './local/prompt.ts'
import { sampler, type Scores } from './local/sampler.ts'
import type { ModelMessage } from './model.ts'
import { pathName } from './path-name.ts'

type Dtype = 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4'

export interface OnnxOptions {
  /** The model's folder: `config.json`, `tokenizer.json`, `onnx/model.onnx`. */
  readonly path: string
  /** Which of the folder's weights: `fp32` is `onnx/model.onnx`, `q4` is `onnx/model_q4.onnx`, … Default `fp32`. */
  readonly dtype?: Dtype
  /** How many answers are written at once, token by token in turn; others wait in line. Default 4. */
  readonly parallel?: number
  /** Default 1. */
  readonly threads?: number
  /** The package `@huggingface/transformers`, where the program has loaded it itself. */
  readonly engine?: TransformersJs
}

/** What is used of `@huggingface/transformers` 4. */
export interface TransformersJs {
  readonly AutoTokenizer: { from_pretrained(path: string, options: { readonly local_files_only: true }): Promise<Tokenizer> }
  readonly AutoModelForCausalLM: { from_pretrained(path: string, options: LoadOptions): Promise<object> }
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: number[]) => object
}

interface LoadOptions {
  readonly local_files_only: true
  readonly device: 'cpu'
  readonly dtype: Dtype
  readonly session_options: { readonly intraOpNumThreads: number; readonly interOpNumThreads: number }
}

interface Tokenizer {
  readonly all_special_tokens: readonly string[]
  readonly chat_template: unknown
  encode(text: string, options?: { readonly add_special_tokens: boolean }): number[]
  decode(tokens: number[], options: { readonly skip_special_tokens: true; readonly clean_up_tokenization_spaces: false }): string
  apply_chat_template(turns: Turn[], options: { readonly add_generation_prompt: true; readonly tokenize: false }): string
}

interface Turn {
  readonly role: string
  readonly content: string
}

/** Cast: the package's own types leave open what `generate` gives. */
interface Weights {
  readonly config: { readonly max_position_embeddings?: number }
  readonly generation_config?: { readonly eos_token_id?: number | readonly number[] | null } | null
  generate(options: GenerateOptions): Promise<{ readonly sequences: { tolist(): bigint[][] }; readonly past_key_values: unknown }>
  dispose(): Promise<unknown>
}

interface GenerateOptions {
  readonly inputs: object
  readonly attention_mask: object
  readonly past_key_values?: unknown
  readonly max_new_tokens: 1
  readonly do_sample: false
  readonly return_dict_in_generate: true
  readonly logits_processor: readonly ((tokens: unknown, scores: Scores) => Scores)[]
}

const DEFAULT_PARALLEL = 4
const PACKAGE = '@huggingface/transformers'
/** Of a model that does not say how much it reads. */
const DEFAULT_CONTEXT = 2048

/**
 * A model in a folder of ONNX files, run by transformers.js in this process, on its processor. Nothing is downloaded.
 * @throws MillraceError `missing_package`, `invalid_request`
 * @throws PublicError `model_unavailable`
 */
export async function onnxModel(options: OnnxOptions): Promise<LocalModel> {
  const name = pathName('onnxModel', options.path)
  const engine = options.engine ?? (await loadPackage())
  try {
    return localModel(name, await open(engine, options))
  } catch (cause) {
    throw modelNotLoaded(cause)
  }
}

async function loadPackage(): Promise<TransformersJs> {
  try {
    // Not a literal, so that who bundles a server without it is not asked for it.
    return (await import(PACKAGE)) as TransformersJs
  } catch (cause) {
    throw missingPackage('ONNX models need', PACKAGE, cause, '--ignore-scripts')
  }
}

async function open(engine: TransformersJs, { path, dtype = 'fp32', parallel = DEFAULT_PARALLEL, threads = 1 }: OnnxOptions): Promise<Engine> {
  const tokenizer = await engine.AutoTokenizer.from_pretrained(path, { local_files_only: true })
  const weights = (await engine.AutoModelForCausalLM.from_pretrained(path, {
    local_files_only: true, device: 'cpu', dtype, session_options: { intraOpNumThreads: threads, interOpNumThreads: threads },
  })) as Weights
  return {
    contextSize: weights.config.max_position_embeddings ?? DEFAULT_CONTEXT,
    lanes: Array.from({ length: parallel }, () => laneOf(engine, weights)),
    thinks: isThinking(tokenizer.chat_template),
    prompt: (messages, prefix) => promptOf(tokenizer, messages, prefix),
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }),
    decode: (tokens) => tokenizer.decode([...tokens], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    close: async () => {
      await weights.dispose()
    },
  }
}

function laneOf(engine: TransformersJs, weights: Weights): Lane {
  const ends = new Set([weights.generation_config?.eos_token_id ?? []].flat())
  const tensor = (tokens: readonly bigint[]): object => new engine.Tensor('int64', BigInt64Array.from(tokens), [1, tokens.length])
  return {
    // One step of `generate` a token: its own loop would run on ahead of who reads, and cannot be stopped between two tokens.
    async *generate(prompt, sampling) {
      const choose = sampler(sampling)
      const tokens = prompt.map(BigInt)
      for (let past: unknown; ; ) {
        const { sequences, past_key_values } = await weights.generate({
          inputs: tensor(tokens),
          attention_mask: tensor(tokens.map(() => 1n)),
          ...(past === undefined ? {} : { past_key_values: past }),
          max_new_tokens: 1, do_sample: false, return_dict_in_generate: true,
          logits_processor: [(_tokens, scores) => choose(scores)],
        })
        const token = sequences.tolist()[0]?.at(-1)
        if (token === undefined || ends.has(Number(token))) return
        yield Number(token)
        tokens.push(token)
        past = past_key_values
      }
    },
  }
}

function promptOf(tokenizer: Tokenizer, messages: readonly ModelMessage[], prefix: string): number[] {
  if (tokenizer.chat_template === null || tokenizer.chat_template === undefined) {
    return tokenizer.encode(harmless(tokenizer, plainPrompt(messages) + prefix))
  }
  const turns = messages.map(({ role, text }) => ({ role, content: harmless(tokenizer, text) }))
  const asked = tokenizer.apply_chat_template(turns, { add_generation_prompt: true, tokenize: false })
  return tokenizer.encode(asked + harmless(tokenizer, prefix), { add_special_tokens: false })
}

/** The marks between turns are text to this tokenizer: whoever could write them could write a turn of somebody else's. */
function harmless(tokenizer: Tokenizer, text: string): string {
  return tokenizer.all_special_tokens.reduce((left, mark) => left.replaceAll(mark, ' '), text)
}
