// A peer that keeps a log in files: each append is flushed on its own, whatever else is written at the time.
import { FileBackedStreamStore } from '@durable-streams/server'
import { ownFolder } from '../lib/stores.mjs'
import { BYTES, contend, drive } from './contender.mjs'

// It tells of every slow append.
console.info = () => {}
let commits = 0
const store = new FileBackedStreamStore({ dataDir: ownFolder() })
contend(await drive(async (run) => {
  const path = `/run-${run}`
  await store.create(path, { contentType: 'application/x-ndjson' })
  return () => {
    commits += 1
    return store.append(path, BYTES)
  }
}), () => commits)
