import { parseArgs } from 'node:util'

export const HELP = `Kills everything a store stands on, and holds what was read against what was written.

  npm run chaos -- [flags]

  --store STORE    sqlite, redis, postgres or nats: started for the storm; or the address of one that is there and is not
                   killed (sqlite:PATH, redis://HOST:6379, postgres://USER@HOST/DATABASE, nats://HOST:4222); default sqlite
  --kills N        how often something is killed (default 250)
  --lease MS       how long a producer that is dead still holds its run (default 1500)
  --histories N    plays so many random histories on the store and on a model of it instead
  --seed N         draws the same again (default: another each time)
  --help           show this

docs/reliability.md says what both show.
`

/** As the engines' addresses begin. */
export const SCHEMES = ['sqlite', 'redis', 'postgres', 'nats']
const LARGEST_SEED = 2 ** 31 - 1

const OPTIONS = /** @type {const} */ ({
  store: { type: 'string', default: 'sqlite' },
  kills: { type: 'string', default: '250' },
  lease: { type: 'string', default: '1500' },
  histories: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
})

/** A command line that cannot be followed; its message is one line for the person who typed it. */
export class FlagError extends Error {}

/**
 * @typedef {{ help: boolean, store: string, kills: number, lease: number, histories: number | null, seed: number }} ChaosFlags
 * @param {string[]} args
 * @returns {ChaosFlags}
 * @throws {FlagError}
 */
export function chaosFlags(args) {
  const { help, store, kills, lease, histories, seed } = parse(args)
  // The rest of an address may hold a password.
  const [scheme = ''] = store.split(':')
  if (!SCHEMES.includes(scheme)) throw new FlagError(`--store takes one of ${SCHEMES.join(', ')}, alone or with its address, not "${scheme}".`)
  return {
    help, store, kills: wholeNumber('kills', kills), lease: wholeNumber('lease', lease),
    histories: histories === undefined ? null : wholeNumber('histories', histories),
    seed: seed === undefined ? Math.floor(Math.random() * LARGEST_SEED) + 1 : wholeNumber('seed', seed),
  }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    const said = error instanceof Error ? error.message.split(/[.\n]/)[0] : 'The flags cannot be read'
    throw new FlagError(`${said}. Run with --help to see the flags.`)
  }
}

/** @param {string} name @param {string} value */
function wholeNumber(name, value) {
  // Of none nothing is shown: a storm without a kill would pass.
  if (!/^[1-9]\d{0,9}$/.test(value)) throw new FlagError(`--${name} takes a whole number from 1, not "${value}".`)
  return Number(value)
}
