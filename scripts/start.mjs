import './lib/require-node.mjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from './lib/build.mjs'
import { foreground } from './lib/foreground.mjs'
import { install } from './lib/install.mjs'
import { root } from './lib/root.mjs'

await install()
await buildIfStale()

const main = join(root, 'packages', 'app', 'dist', 'main.js')
if (!existsSync(main)) {
  console.error('The build left no application at packages/app/dist/main.js.')
  process.exit(1)
}
await foreground(main, process.argv.slice(2))
