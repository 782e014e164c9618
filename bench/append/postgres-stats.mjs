import { readFileSync, readdirSync } from 'node:fs'
import { ask } from '../lib/postgres.mjs'

/** Of a clock tick, in seconds, on every Linux there is. */
const TICK = 0.01

/** Every contender has an empty server, which has counted nothing. */
export async function clear({ url }) {
  await ask(url, 'DROP SCHEMA IF EXISTS millrace CASCADE')
  await ask(url, 'DROP TABLE IF EXISTS raw')
  await ask(url, 'CREATE TABLE raw (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run int NOT NULL, entry bytea NOT NULL)')
}

/** Statements that clients have sent: what a function runs in turn is not sent. */
export async function commandsOf({ url }) {
  const [{ calls }] = await ask(url, `SELECT sum(calls)::int AS calls FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'`)
  return calls
}

/** Seconds of CPU that all processes of the server have used, those that are gone included. */
export async function cpuOf({ pid }) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).reduce((sum, name) => sum + cpuOfProcess(name, pid), 0)
}

function cpuOfProcess(name, pid) {
  let fields
  try {
    // The name of the program, in parentheses, may hold anything.
    fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
  } catch {
    return 0
  }
  const [parent, user, system, goneUser, goneSystem] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]))
  if (Number(name) === pid) return (user + system + goneUser + goneSystem) * TICK
  return parent === pid ? (user + system) * TICK : 0
}
