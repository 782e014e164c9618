import { expect, test, vi } from 'vitest'
import { testApp } from '../../../../../test/support/app.ts'
import { said } from '../../../../../test/support/frames.ts'
import { everything, Log } from '../../../../../test/support/log.ts'
import { shownBy } from '../../../../../test/support/page-messages.ts'
import { TestSocket } from '../../../../../test/support/web-socket.ts'
import { serve } from './serve.ts'

type Frames = ReturnType<TestSocket['frames']>

const DIALECTS = ['millrace', 'anthropic', 'html'] as const

/** What they say, whatever pieces the text came in. */
function meaningOf(frames: Frames, dialect: (typeof DIALECTS)[number]): unknown {
  // A frame of HTML is text here.
  if (dialect === 'html') return shownBy(frames.map(({ data }) => ({ data: textOf(data) })))
  return said(frames.map(({ cursor = null, event = null, data }) => ({ cursor, event, data })))
}

function textOf(data: unknown): string {
  if (typeof data !== 'string') throw new Error('This frame holds no text.')
  return data
}

/** A log that is followed as it is written, so that it comes in many messages. */
async function followed(socket: TestSocket, log: Log): Promise<void> {
  for (const dialect of DIALECTS) socket.say({ type: 'follow', ref: dialect, run: log.run, dialect })
  for (const [at, write] of everything.entries()) {
    if (at === 3 || at === 7) await log.takeOver()
    await log.say(...write)
    await vi.waitUntil(() => socket.frames('millrace').at(-1)?.cursor?.endsWith(`-${String(log.tail)}`), { timeout: 10_000 })
  }
  await log.end({ status: 'completed', reason: 'end_turn' })
  for (const dialect of DIALECTS) await socket.told('end', dialect)
}

test.each(DIALECTS)('a socket lost after any of its messages, a follow on the next one says the rest, before and after sealing: %s', async (dialect) => {
  await using server = testApp()
  const served = await serve(server.app, { port: 0 })
  await using first = await TestSocket.open(served.url)
  const log = await Log.begin(server.store)
  await followed(first, log)
  const messages = first.messages.filter(({ ref, frames }) => ref === dialect && frames).map(({ frames = [] }) => frames)
  const whole = meaningOf(messages.flat(), dialect)
  expect(messages.length).toBeGreaterThan(everything.length / 2)
  for (const sealed of [false, true]) {
    if (sealed) await log.seal()
    for (const [cut] of messages.entries()) {
      const got = messages.slice(0, cut).flat()
      await using next = await TestSocket.open(served.url)
      next.say({ type: 'follow', ref: 'rest', run: log.run, dialect, after: got.at(-1)?.cursor ?? '' })
      await next.told('end', 'rest')
      expect(meaningOf([...got, ...next.frames('rest')], dialect)).toEqual(whole)
    }
  }
  await served.close()
})
