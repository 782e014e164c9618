import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { startMeter } from '../lib/meter.mjs'

/**
 * What every contender does around its events: says where it listens, emits what it is asked for
 * (one event an event-loop turn, or so many a second), and says what it used when told that all was received.
 * A reader is greeted with one event, so that the bench knows that it is there.
 * @param {{ url: string, emit: () => void | Promise<void> }} contender `emit` waits where events would otherwise be
 *   merged: what is measured is the cost of one event to all, not how few writes a backlog can be made of
 */
export function contend({ url, emit }) {
  let stop
  let sentAt
  process.on('message', (order) => {
    if (order === 'stop') {
      process.send({ ...stop(), sentAt })
      return
    }
    sentAt = []
    stop = startMeter()
    const timed = () => {
      // This clock is one for all processes of a machine.
      sentAt.push(Number(process.hrtime.bigint()) / 1e6)
      void emit()
    }
    if (order.rate === undefined) void burst(emit, order.events)
    else pace(timed, order)
  })
  process.on('disconnect', () => process.exit())
  process.send({ url })
}

async function burst(emit, events) {
  for (let left = events; left > 0; left -= 1) {
    await emit()
    await turn()
  }
}

function pace(emit, { events, rate }) {
  let left = events
  const timer = setInterval(() => {
    emit()
    left -= 1
    if (left === 0) clearInterval(timer)
  }, 1000 / rate)
}

/** Listens with a plain request listener and contends. */
export function contendWith(listener, emit) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1', () => contend({ url: `http://127.0.0.1:${server.address().port}/`, emit }))
}
