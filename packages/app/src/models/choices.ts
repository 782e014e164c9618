import { existsSync } from 'node:fs'
import { isInstalled, PACKAGES, TINY } from './places.ts'
import type { PackageName } from './places.ts'

/** What `--model` may say. */
export type ModelFlag =
  | { readonly kind: 'extract' | 'tiny' }
  | { readonly kind: 'gguf' | 'onnx'; readonly path: string }
  | { readonly kind: 'openai' | 'anthropic'; readonly name: string }

type Kind = ModelFlag['kind']

/** One way to answer, as `GET /models` lists it. */
export interface Choice {
  /** As `--model` takes it. */
  readonly model: string
  readonly about: string
  /** What it lacks on this machine and how to get it; `null`: nothing. */
  readonly missing: string | null
}

interface Kinds {
  readonly model: string
  readonly about: string
  readonly needs: PackageName | null
  /** Of the environment; one of them is enough. */
  readonly keys: readonly string[]
}

const KINDS: Readonly<Record<Kind, Kinds>> = {
  extract: { model: 'extract', about: 'The documents’ own sentences. No model.', needs: null, keys: [] },
  tiny: { model: 'tiny', about: 'A toy of a million parameters that comes with this project: King James English, fluent and meaningless.', needs: 'node-llama-cpp', keys: [] },
  gguf: { model: 'gguf:FILE', about: 'Any model in a GGUF file, by llama.cpp, on this machine.', needs: 'node-llama-cpp', keys: [] },
  onnx: { model: 'onnx:DIR', about: 'Any model in a folder of ONNX files, by transformers.js, on this machine.', needs: '@huggingface/transformers', keys: [] },
  openai: { model: 'openai:NAME', about: 'A model of OpenAI’s, or of any server that speaks its API (OPENAI_BASE_URL).', needs: 'openai', keys: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'] },
  anthropic: { model: 'anthropic:NAME', about: 'A model of Anthropic’s.', needs: '@anthropic-ai/sdk', keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL'] },
}

export type Environment = Readonly<Record<string, string | undefined>>

export function choices(env: Environment): readonly Choice[] {
  return Object.entries(KINDS).map(([kind, { model, about }]) => ({ model, about, missing: missingFor({ kind: kind as Kind }, env) }))
}

/** What keeps a model from answering on this machine, and how to mend it: one line, or `null`. */
export function missingFor(flag: { readonly kind: Kind; readonly path?: string }, env: Environment): string | null {
  const { needs, keys } = KINDS[flag.kind]
  if (needs !== null && !isInstalled(needs)) return `The package ${needs} is not installed. Install it: ${PACKAGES[needs].install}`
  if (keys.length > 0 && !keys.some((key) => (env[key] ?? '') !== '')) return `There is no key in the environment. Set ${keys.join(' or ')}.`
  const path = flag.kind === 'tiny' ? TINY : flag.path
  if (path !== undefined && !existsSync(path)) return `There is no file or folder ${JSON.stringify(path)}.`
  return null
}

/** As `--model` was given. */
export function toText(flag: ModelFlag): string {
  if ('path' in flag) return `${flag.kind}:${flag.path}`
  return 'name' in flag ? `${flag.kind}:${flag.name}` : flag.kind
}
