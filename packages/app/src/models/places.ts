import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** From `packages/app/dist/models` or `packages/app/src/models`. */
const APP = new URL('../../', import.meta.url)

/** The model that comes with this project: a toy of a million parameters (packages/app/models/kjv-1m). */
export const TINY: string = fileURLToPath(new URL('models/kjv-1m/kjv-1m.gguf', APP))

const isLinux = process.platform === 'linux' && process.arch === 'x64'

export type PackageName = 'node-llama-cpp' | '@huggingface/transformers' | 'openai' | '@anthropic-ai/sdk'

/** Packages that models need, and how each is had. Those of `engines/` are too heavy for everybody to install. */
export const PACKAGES: Readonly<Record<PackageName, { readonly from: URL; readonly install: string }>> = {
  'node-llama-cpp': {
    from: new URL('engines/gguf/', APP),
    // The folder has the one binary that the tests run; a plain install has all of them.
    install: isLinux ? 'npm ci --prefix packages/app/engines/gguf' : 'npm install --no-save --ignore-scripts node-llama-cpp',
  },
  '@huggingface/transformers': { from: new URL('engines/onnx/', APP), install: 'npm ci --prefix packages/app/engines/onnx' },
  openai: { from: APP, install: 'npm install --no-save openai' },
  '@anthropic-ai/sdk': { from: APP, install: 'npm install --no-save @anthropic-ai/sdk' },
}

/** Whether an import from where the package is used would find it: there, or in a folder above. */
export function isInstalled(name: PackageName): boolean {
  for (let folder: URL = PACKAGES[name].from; ; ) {
    if (existsSync(new URL(`node_modules/${name}/package.json`, folder))) return true
    const above = new URL('../', folder)
    if (above.href === folder.href) return false
    folder = above
  }
}

/** The module of an engine; it is loaded from the engine's own folder. */
export async function importEngine<Module>(name: 'node-llama-cpp' | '@huggingface/transformers'): Promise<Module> {
  return (await import(new URL('engine.mjs', PACKAGES[name].from).href)) as Module
}
