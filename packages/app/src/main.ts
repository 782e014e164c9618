import { indexDocuments } from './documents.ts'
import type { Indexed } from './documents.ts'
import { FlagError, HELP, isLoopback, parseFlags } from './flags.ts'
import type { Flags, StoreFlag } from './flags.ts'
import { toText } from './models/choices.ts'
import { startServer } from './serve.ts'
import { printable } from './printable.ts'

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2))
  if (flags.help) {
    process.stdout.write(HELP)
    return
  }
  const indexed = await indexDocuments(flags.docs)
  const server = await startServer(flags, indexed.index)
  const stop = (): void => {
    // A second signal ends the process at once: nothing is lost, the log has everything that was shown.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    void server.close().then(() => process.exit(0), report)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  for (const line of notes(flags, indexed, server.port)) console.log(line)
  // Where it listens on all addresses, the one that works is a name it answers to.
  const [name] = flags.allowHosts
  console.log(`Millrace is ready at ${isLoopback(flags.host) || name === undefined ? server.url : `http://${name}:${String(server.port)}`}`)
}

function* notes(flags: Flags, { index, skipped, from }: Indexed, port: number): Generator<string> {
  yield `Indexed ${count(index.documents.size, 'document')} in ${count(index.passages.size, 'passage')} from ${printable(from)}`
  if (skipped.length > 0) {
    const shown = skipped.slice(0, 5).map(({ name, why }) => `${printable(name)} (${why})`).join(', ')
    yield `Skipped ${count(skipped.length, 'file')}: ${shown}${skipped.length > 5 ? ', …' : ''}`
  }
  yield keptIn(flags.store)
  if (flags.model.kind !== 'extract') yield `Answers are written by ${printable(toText(flags.model))}`
  if (!isLoopback(flags.host)) yield `Warning: there is no sign-in. Whoever reaches ${printable(flags.host)} reads every answer`
  if (flags.port !== 0 && port !== flags.port) yield `Port ${String(flags.port)} is taken, so this is port ${String(port)}`
}

function keptIn(store: StoreFlag): string {
  switch (store.kind) {
    case 'memory': return 'The log is kept in memory and is gone when this process ends'
    case 'sqlite': return `The log is kept in ${printable(store.path)}`
    // The rest of the URL may hold a password.
    case 'redis': return `The log is kept in Redis at ${printable(new URL(store.url).host)}`
    case 'nats': return `The log is kept in NATS at ${printable(new URL(store.url).host)}`
  }
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}

function report(error: unknown): void {
  if (error instanceof FlagError) console.error(error.message)
  else console.error(error)
  process.exit(error instanceof FlagError ? 2 : 1)
}

main().catch(report)
