import './lib/require-node.mjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from './lib/build.mjs'
import { engineOf } from './lib/engine-of.mjs'
import { foreground } from './lib/foreground.mjs'
import { install, installExtra } from './lib/install.mjs'
import { root } from './lib/root.mjs'

await install()
await buildIfStale()
// Where that does not work, the application says what is missing.
const engine = engineOf(process.argv.slice(2))
if (engine !== null) await installExtra(`packages/app/engines/${engine}`)

const main = join(root, 'packages', 'app', 'dist', 'main.js')
if (!existsSync(main)) {
  console.error('The build left no application at packages/app/dist/main.js.')
  process.exit(1)
}
await foreground(main, process.argv.slice(2))
