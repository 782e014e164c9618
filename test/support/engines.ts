import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'

/** A program tests run for real; `scripts/lib/engines.mjs` says where it comes from. */
export type Engine = 'caddy' | 'chromium' | 'haproxy' | 'nats-server' | 'nginx' | 'node-24' | 'pgbouncer' | 'postgres' | 'react-18' | 'redis-server' | ModelEngine
/** A package that runs models, in a folder of its own. */
export type ModelEngine = 'node-llama-cpp' | '@huggingface/transformers'

const engines = join(import.meta.dirname, '..', '..', 'packages', 'app', 'engines')
/** Where its packages are, to be taken in place of the project's own. */
const REACT_18 = join(import.meta.dirname, '..', 'react', 'react-18', 'node_modules')
const NODE_24 = join(import.meta.dirname, '..', 'node-24', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
const MODEL_ENGINES = { 'node-llama-cpp': join(engines, 'gguf'), '@huggingface/transformers': join(engines, 'onnx') }

/**
 * The path of an engine. Without it the test is skipped, saying why; in CI it fails, so that a
 * green run never means that nothing was tried.
 */
export function engine(name: Engine, test: Pick<TestContext, 'skip'>): string {
  const path = missing().has(name) ? undefined : programAt(name)
  if (path !== undefined) return path
  if (process.env['CI'] === 'true') throw new Error(`${name} is not on this machine`)
  return test.skip(`${name} is not on this machine`)
}

/** `undefined` where it is not on this machine. */
export function programAt(name: Engine): string | undefined {
  return pathsOf(name).find(existsSync)
}

function pathsOf(name: Engine): string[] {
  if (name === 'react-18') return [REACT_18]
  if (name === 'node-24') return [NODE_24]
  if (name === 'node-llama-cpp' || name === '@huggingface/transformers') return [join(MODEL_ENGINES[name], 'node_modules', name)]
  // Debian keeps servers in sbin, which an ordinary user's PATH lacks.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...postgresFolders()]
  return folders.map((folder) => join(folder, name))
}

/** Debian keeps each version of Postgres in a folder of its own, the newest first here, and puts none of them on the PATH. */
function postgresFolders(): string[] {
  const versions = '/usr/lib/postgresql'
  if (!existsSync(versions)) return []
  return readdirSync(versions).sort((a, b) => Number(b) - Number(a)).map((version) => join(versions, version, 'bin'))
}

/** What `npm test` could not provide. */
function missing(): Set<string> {
  return new Set((process.env['MILLRACE_MISSING'] ?? '').split(',').filter((name) => name !== ''))
}
