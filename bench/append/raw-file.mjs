// The limit of an embedded store: what all runs say in one turn of the event loop goes to a file in one write.
import { fdatasyncSync, openSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { ownFolder } from '../lib/stores.mjs'
import { BYTES, contend, drive, kept } from './contender.mjs'

const file = openSync(join(ownFolder(), 'log'), 'a')
/** As many buffers as the system takes at once. */
const MOST = 1024
let waiting = []
let commits = 0

function commit() {
  const answers = waiting
  waiting = []
  for (let at = 0; at < answers.length; at += MOST) writevSync(file, answers.slice(at, at + MOST).map(() => BYTES))
  if (kept === 'fdatasync') fdatasyncSync(file)
  commits += 1
  for (const answer of answers) answer()
}

contend(await drive(async () => () => new Promise((resolve) => {
  if (waiting.push(resolve) === 1) setImmediate(commit)
})), () => commits)
