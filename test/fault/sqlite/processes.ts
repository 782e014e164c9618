import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Bundles a child where it finds the project's packages, or anywhere else. */
export async function buildChild(folder: string = join(here, '.test'), name = 'child'): Promise<string> {
  await mkdir(folder, { recursive: true })
  const outfile = join(folder, `${name}-${String(process.pid)}.mjs`)
  await build({
    entryPoints: [join(here, `${name}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm', external: ['libsql', 'openai', '@anthropic-ai/sdk'],
    logLevel: 'error',
  })
  return outfile
}

export interface Child {
  readonly process: ChildProcessWithoutNullStreams
  /** What it has said so far, a line each; a line cut off by its death is left out. */
  lines(): readonly string[]
  /** What it has said on stderr. */
  complaints(): string
  /** Ends when it has said so many lines, or has ended. */
  said(count: number): Promise<void>
  readonly ended: Promise<void>
}

export function startChild(script: string, ...args: readonly string[]): Child {
  return startUnder(process.execPath, script, ...args)
}

/** The same under a Node of another version. */
export function startUnder(node: string, script: string, ...args: readonly string[]): Child {
  const child = spawn(node, [script, ...args])
  let out = ''
  let errors = ''
  let wake = (): void => undefined
  let isOver = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const ended = new Promise<void>((resolve, reject) => {
    child.on('close', (code, signal) => {
      isOver = true
      wake()
      if (code === 0 || signal === 'SIGKILL') resolve()
      else reject(new Error(`the child ended with ${String(code ?? signal)}: ${errors}`))
    })
  })
  const lines = (): readonly string[] => out.split('\n').slice(0, -1)
  return {
    process: child,
    lines,
    complaints: () => errors,
    async said(count) {
      while (lines().length < count && !isOver) await new Promise<void>((resolve) => { wake = resolve })
    },
    ended,
  }
}

/** A folder of its own for `use`, gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fault-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
