// A peer that keeps no log: chunks stay in the producer's memory and are published to whoever reads. Here one reads each run.
import { Redis } from 'ioredis'
import { createResumableStreamContext } from 'resumable-stream/ioredis'
import { BYTES, contend, entries, runs } from './contender.mjs'

const port = Number(process.env.MILLRACE_BENCH_REDIS)
const [publisher, subscriber] = [new Redis(port), new Redis(port)]
const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
const chunk = `${new TextDecoder().decode(BYTES).split('\n', 1)[0]}\n`

async function drain(stream) {
  const reader = stream.getReader()
  while (!(await reader.read()).done);
}

contend(() => Promise.all(Array.from({ length: runs }, async (_, run) => {
  let left = entries / runs
  let begin
  const begun = new Promise((resolve) => (begin = resolve))
  const source = () => new ReadableStream({
    start: () => begun,
    pull: (controller) => ((left -= 1) < 0 ? controller.close() : controller.enqueue(chunk)),
  })
  const written = drain(await context.createNewResumableStream(`run-${run}`, source))
  const read = drain(await context.resumeExistingStream(`run-${run}`))
  begin()
  await Promise.all([written, read])
})))
