// `npm run bench -- NAME [options]`: one bench of this folder. Nothing here ships.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(here).filter((name) => existsSync(`${here}${name}/main.mjs`))
const [name, ...options] = process.argv.slice(2)

if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [options]\nThere is: ${names.join(', ')}`)
  process.exit(2)
}
// What is measured is what ships: the built library, never its sources.
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'packages/millrace'], { cwd: `${here}..`, stdio: 'inherit' })
const { main } = await import(`./${name}/main.mjs`)
await main(options)
