const EPOCH = '0123abcd'
const WORDS = ['The ', 'log ', 'is ', 'the ', 'stream, ', 'and ', 'simple ', 'readers ', 'join ', 'it ', 'anywhere', '.\n']

/** A finished run as `GET /runs/:id` answers it: about `size` bytes of frames, each an id and some 80 B of JSON. */
export function runOf(size) {
  const frames = [{ type: 'start', run: 'A'.repeat(22), kind: 'answer' }, { type: 'block_start', block: 0, kind: 'text', nth: 0 }]
  for (let left = size; left > 0; left -= 100) {
    frames.push({ type: 'delta', block: 0, kind: 'text', nth: 0, text: WORDS[frames.length % WORDS.length] })
  }
  frames.push({ type: 'end', status: 'completed' })
  return wireOf(frames)
}

/** A run of one entry in one line of `size` bytes, and its end. */
export function longLineOf(size) {
  return wireOf([{ type: 'delta', block: 0, kind: 'text', nth: 0, text: 'x'.repeat(size) }, { type: 'end', status: 'completed' }])
}

/** The same frames with the name that the vendor's decoder asks for. */
export function named(bytes) {
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replaceAll('\ndata: ', '\nevent: content_block_delta\ndata: '))
}

function wireOf(entries) {
  const frames = entries.map((entry, index) => `id: ${EPOCH}-${index + 1}\ndata: ${JSON.stringify(entry)}\n\n`)
  return { bytes: new TextEncoder().encode(frames.join('')), events: entries.length }
}

/** A body that hands out `chunk` bytes a read, and nothing before it is asked, as that of a `fetch` does. */
export function bodyOf(bytes, chunk) {
  let at = 0
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.subarray(at, at + chunk))
        at += chunk
      },
    },
    { highWaterMark: 0 },
  )
}
