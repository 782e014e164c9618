#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { MillraceError } from '../event/error.ts'
import { parse, type Command } from './arguments.ts'
import { cancel } from './cancel.ts'
import { doctor } from './doctor/doctor.ts'
import { runs } from './runs.ts'
import { signal } from './signal.ts'
import { tail } from './tail.ts'
import { toLine } from './terminal.ts'
import { USAGE } from './usage.ts'

const FAILED = 1
const MISUSED = 2

/** Whoever read us has seen enough (`| head`): not an error, and nobody is left to tell. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2))

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  let command: Command
  try {
    command = parse(args)
  } catch (error) {
    return complain(error, MISUSED)
  }
  try {
    return await run(command)
  } catch (error) {
    return complain(error, FAILED)
  }
}

function run(command: Command): number | Promise<number> {
  switch (command.name) {
    case 'help':
      return print(USAGE)
    case 'version':
      return print(`${versionOf(new URL('../../package.json', import.meta.url))}\n`)
    case 'tail':
      return tail(command)
    case 'runs':
      return runs(command)
    case 'cancel':
      return cancel(command)
    case 'doctor':
      return doctor(command)
    case 'signal':
      return signal(command)
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function versionOf(file: URL): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
}

/** One plain line; a stack only for what nobody foresaw. */
function complain(error: unknown, code: number): number {
  if (!(error instanceof MillraceError)) throw error
  process.stderr.write(`millrace: ${toLine(error.message)}\n`)
  return code
}
