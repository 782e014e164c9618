// `npm run chaos -- --kills N --store S`: kills everything a store stands on and holds what was read against what was written.
// `npm run chaos -- --histories N --store S`: random histories. docs/reliability.md says what both show.
import './lib/require-node.mjs'
import { join } from 'node:path'
import { chaosFlags, FlagError, HELP } from './lib/chaos-flags.mjs'
import { providePrograms } from './lib/engines.mjs'
import { install } from './lib/install.mjs'
import { root } from './lib/root.mjs'
import { show } from './lib/run.mjs'

try {
  const flags = chaosFlags(process.argv.slice(2))
  if (flags.help) process.stdout.write(HELP)
  else process.exitCode = await run(flags)
} catch (error) {
  if (!(error instanceof FlagError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

/** @param {import('./lib/chaos-flags.mjs').ChaosFlags} flags */
async function run(flags) {
  await install()
  await providePrograms()
  const [chaos, folder] = [join(root, 'test', 'fault', 'chaos'), join(root, '.test', 'chaos')]
  // It is there only once the packages are.
  const { build } = await import('esbuild')
  await build({
    entryPoints: ['main', 'worker'].map((name) => join(chaos, `${name}.ts`)), outdir: folder, outExtension: { '.js': '.mjs' },
    bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'error',
  })
  return show('node', [join(folder, 'main.mjs'), JSON.stringify(flags)])
}
