import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Bundles the worker where it finds the project's packages, for tests that start some. */
export async function bundleWorker(): Promise<string> {
  const folder = join(import.meta.dirname, '.test')
  await mkdir(folder, { recursive: true })
  const outfile = join(folder, `worker-${String(process.pid)}.mjs`)
  await build({ entryPoints: [join(import.meta.dirname, 'worker.ts')], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error' })
  return outfile
}
