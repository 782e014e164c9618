import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const run: (file: string, args: string[], options?: { cwd: string }) => Promise<{ stdout: string }> =
  promisify(execFile)

const library = join(import.meta.dirname, '..', '..', 'packages', 'millrace')

/** The library as somebody has it who installed what we publish, and nothing else. */
export interface Installed extends AsyncDisposable {
  /** A project's folder; the library lies in its `node_modules`. */
  readonly folder: string
  /** What its users import: `millrace`, `millrace/client`, … */
  readonly subpaths: readonly string[]
  /** The commands it brings. */
  readonly commands: readonly string[]
}

export async function installPacked(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-installed-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: library })
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${stdout.trim()}`], { cwd: folder })
  const manifest = JSON.parse(await readFile(join(folder, 'node_modules', 'millrace', 'package.json'), 'utf8')) as Manifest
  return {
    folder,
    subpaths: Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json').map(named),
    commands: Object.keys(manifest.bin),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

interface Manifest {
  readonly exports: Record<string, unknown>
  readonly bin: Record<string, string>
}

function named(subpath: string): string {
  return subpath.replace(/^\./, 'millrace')
}
