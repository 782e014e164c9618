// `npm run bench -- NAME [options]`: one bench of this folder. Nothing here ships.
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from '../scripts/lib/build.mjs'
import { install } from '../scripts/lib/install.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(here).filter((name) => existsSync(`${here}${name}/main.mjs`))
const [name, ...options] = process.argv.slice(2)

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [options]\nThere is: ${names.join(', ')}`)
  process.exit(2)
}
await install()
await install('bench')
// What is measured is what ships: the built library, never its sources.
await buildIfStale()
const { main } = await import(`./${name}/main.mjs`)
await main(options)
