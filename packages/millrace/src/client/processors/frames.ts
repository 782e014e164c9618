import { screenClock, type Clock } from './clock.ts'
import { Gather } from './gather.ts'
import { Pulled } from './pulled.ts'

/**
 * Whatever comes, in one array for each frame of the screen: a page that shows an array at a time is
 * painted once for it. The last array does not wait for a frame, nor does one that waits when the page
 * is hidden. Reads only while an array is waited for.
 */
export function frames<T>(source: AsyncIterable<T>, clock: Clock = screenClock): AsyncIterableIterator<readonly T[], undefined> {
  const gather = new Gather(source)

  async function pull(): Promise<readonly (readonly T[])[] | null> {
    await gather.one()
    if (!gather.reader.isDone) await gather.until(clock.nextFrame())
    const values = gather.take()
    return values.length > 0 ? [values] : gather.reader.finish()
  }

  return new Pulled(pull, () => gather.reader.leave())
}
