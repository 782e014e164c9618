// `npm run chaos -- --kills N --store S`: kills everything a store stands on and holds what was read against what was written.
// `npm run chaos -- --histories N --store S`: random histories. docs/reliability.md says what both show.
import './lib/require-node.mjs'
import { join } from 'node:path'
import { providePrograms } from './lib/engines.mjs'
import { install } from './lib/install.mjs'
import { root } from './lib/root.mjs'
import { show } from './lib/run.mjs'

await install()
await providePrograms()

const [chaos, folder] = [join(root, 'test', 'fault', 'chaos'), join(root, '.test', 'chaos')]
// It is there only once the packages are.
const { build } = await import('esbuild')
await build({
  entryPoints: ['main', 'worker'].map((name) => join(chaos, `${name}.ts`)), outdir: folder, outExtension: { '.js': '.mjs' },
  bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error',
})
process.exitCode = await show('node', [join(folder, 'main.mjs'), ...process.argv.slice(2)])
