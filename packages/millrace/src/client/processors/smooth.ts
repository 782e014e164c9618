import { screenClock, type Clock } from './clock.ts'
import { Gather } from './gather.ts'
import { Pacer, type Pace } from './pacer.ts'
import { Pulled } from './pulled.ts'

/**
 * A text at an even pace, one piece a frame, however unevenly it comes. It falls behind by no more than
 * `delay`, and what is left when the source ends is given out at once.
 */
export function smooth(source: AsyncIterable<string>, pace: Pace = {}, clock: Clock = screenClock): AsyncIterableIterator<string, undefined> {
  const gather = new Gather(source)
  const pacer = new Pacer(pace)

  async function pull(): Promise<readonly string[] | null> {
    for (;;) {
      if (pacer.isEmpty) await gather.one()
      else await gather.until(clock.nextFrame())
      for (const text of gather.take()) pacer.push(text, clock.now())
      const text = gather.reader.isDone ? pacer.end() : pacer.take(clock.now())
      if (text !== '') return [text]
      if (gather.reader.isDone) return gather.reader.finish()
    }
  }

  return new Pulled(pull, () => gather.reader.leave())
}
