import { ask } from '../lib/postgres.mjs'
import { cpuOfTree } from '../lib/process-cpu.mjs'

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

/** Seconds of CPU that all processes of the server have used. */
export function cpuOf({ pid }) {
  return cpuOfTree(pid)
}
