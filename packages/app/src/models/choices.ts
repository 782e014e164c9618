import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
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
  readonly isCurrent: boolean
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

/** What `GET /models` answers. */
export interface Models {
  /** Who answers, as `--model` was given. */
  readonly current: string
  readonly models: readonly Choice[]
}

export type Environment = Readonly<Record<string, string | undefined>>

export function modelsOf(flag: ModelFlag, env: Environment): Models {
  const kinds = Object.entries(KINDS) as [Kind, Kinds][]
  return {
    // Of a file's path only its name: the rest is this machine's own.
    current: 'path' in flag ? `${flag.kind}:${basename(flag.path)}` : toText(flag),
    models: kinds.map(([kind, { model, about }]) => ({ model, about, missing: missingFor({ kind }, env), isCurrent: kind === flag.kind })),
  }
}

/** What keeps a model from answering on this machine, and how to mend it: one line, or `null`. */
export function missingFor(flag: { readonly kind: Kind; readonly path?: string }, env: Environment): string | null {
  const { needs, keys } = KINDS[flag.kind]
  if (needs !== null && !isInstalled(needs)) return `The package ${needs} is not installed. Install it: ${PACKAGES[needs].install}`
  if (keys.length > 0 && !keys.some((key) => (env[key] ?? '') !== '')) return `There is no key in the environment. Set ${keys.join(' or ')}.`
  const path = flag.kind === 'tiny' ? TINY : flag.path
  const file = filesOf(flag.kind, path).find((one) => !existsSync(one))
  return file === undefined ? null : `There is no file ${JSON.stringify(file)}.`
}

function filesOf(kind: Kind, path: string | undefined): readonly string[] {
  if (path === undefined) return []
  return kind === 'onnx' ? ['config.json', 'tokenizer.json', 'onnx'].map((name) => join(path, name)) : [path]
}

/** As `--model` was given. */
export function toText(flag: ModelFlag): string {
  if ('path' in flag) return `${flag.kind}:${flag.path}`
  return 'name' in flag ? `${flag.kind}:${flag.name}` : flag.kind
}
