import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installExtra } from './install.mjs'
import { capture } from './run.mjs'

/** The programs that tests run for real: how each is started, and the Debian package it comes in. */
const ENGINES = [
  { name: 'caddy', command: 'caddy', debian: 'caddy' },
  { name: 'chromium', command: 'chromium', debian: 'chromium' },
  { name: 'faketime', command: 'faketime', debian: 'faketime' },
  { name: 'haproxy', command: 'haproxy', debian: 'haproxy' },
  { name: 'nats-server', command: 'nats-server', debian: 'nats-server' },
  { name: 'nginx', command: 'nginx', debian: 'nginx' },
  { name: 'pgbouncer', command: 'pgbouncer', debian: 'pgbouncer' },
  // Its package makes a server of its own, which no test uses: each starts one in a folder and at a port of its own.
  { name: 'postgres', command: 'postgres', debian: 'postgresql' },
  { name: 'redis-server', command: 'redis-server', debian: 'redis-server' },
]

/** npm packages that the project's own lock file cannot have, too heavy or of another version, each in a folder of its own. */
const PACKAGES = [
  { name: 'node-llama-cpp', folder: 'packages/app/engines/gguf' },
  { name: '@huggingface/transformers', folder: 'packages/app/engines/onnx' },
  { name: 'node-24', folder: 'test/node-24' },
  { name: 'react-18', folder: 'test/react/react-18' },
]

/**
 * Installs what is missing where that is possible (programs: on Debian, as root); gives the names of those that
 * are missing still, having said so.
 */
export async function provideEngines() {
  return [...(await providePrograms()), ...(await missingPackages())]
}

/** The same for the programs alone, for what runs no model. */
export async function providePrograms() {
  const missing = missingEngines()
  if (missing.length > 0 && canInstall()) await aptInstall(missing.map(({ debian }) => debian))
  const still = missingEngines()
  for (const { name, debian } of still) {
    console.error(`${name} is not on this machine: tests that need it are skipped. Debian's package is ${debian}.`)
  }
  return still.map(({ name }) => name)
}

async function missingPackages() {
  const missing = []
  for (const { name, folder } of PACKAGES) {
    if (await installExtra(folder)) continue
    console.error(`${name} cannot be installed here: tests that need it are skipped.`)
    missing.push(name)
  }
  return missing
}

function missingEngines() {
  // Debian keeps servers in sbin, which an ordinary user's PATH lacks.
  const folders = [...process.env.PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin', ...postgresFolders()]
  return ENGINES.filter(({ command }) => !folders.some((folder) => existsSync(join(folder, command))))
}

/** Debian keeps each version of Postgres in a folder of its own, and puts none of them on the PATH. */
function postgresFolders() {
  const versions = '/usr/lib/postgresql'
  return existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
}

async function aptInstall(packages) {
  console.error(`Installing ${packages.join(', ')} from Debian…`)
  const args = ['install', '-y', '--no-install-recommends', ...packages]
  const quietly = { DEBIAN_FRONTEND: 'noninteractive' }
  if ((await capture('apt-get', args, quietly)).code === 0) return
  // The usual reason is a package list that was never fetched or is out of date.
  await capture('apt-get', ['update'], quietly)
  const { code, output } = await capture('apt-get', args, quietly)
  if (code !== 0) console.error(output)
}
