// `npm run bench -- NAME [options]`: one bench of this folder; `all`: each in turn; `report`: docs/performance.md anew.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildIfStale } from '../scripts/lib/build.mjs'
import { install } from '../scripts/lib/install.mjs'
import { report } from './report.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(here).filter((name) => existsSync(`${here}${name}/main.mjs`))
const [name, ...options] = process.argv.slice(2)

if (name === 'report') report()
else if (name === 'all') all()
else if (name !== undefined && names.includes(name)) await one()
else {
  console.error(`usage: npm run bench -- NAME [options]\nThere is: ${names.join(', ')}; all, report`)
  process.exitCode = 2
}

async function one() {
  await install()
  await install('bench')
  // What is measured is what ships: the built library, never its sources.
  await buildIfStale()
  const { main } = await import(`./${name}/main.mjs`)
  await main(options).catch(refuse)
}

/** What cannot be followed is a line for who typed it; all else is an error of ours. */
function refuse(error) {
  if (error.code?.startsWith('ERR_PARSE_ARGS') !== true) throw error
  console.error(`${error.message.split(/[.\n]/)[0]}. bench/README.md says what a bench takes.`)
  process.exitCode = 2
}

/** One that fails does not keep the others from running. */
function all() {
  for (const each of names) {
    console.log(`\n── ${each} ──`)
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), each, ...options], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
  if (options.includes('--save')) report()
}
