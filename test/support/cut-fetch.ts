/** A `fetch` whose bodies break off after so many SSE frames, as they do where a connection is lost. */
export function cutAfter(frames: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    return new Response(response.body?.pipeThrough(cutting(frames)) ?? null, response)
  }
}

function cutting(frames: number): TransformStream<Uint8Array, Uint8Array> {
  let text = ''
  let given = 0
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  return new TransformStream({
    transform(chunk, controller) {
      text += decoder.decode(chunk, { stream: true })
      for (let end = text.indexOf('\n\n'); end !== -1 && given < frames; end = text.indexOf('\n\n')) {
        controller.enqueue(encoder.encode(text.slice(0, end + 2)))
        text = text.slice(end + 2)
        given += 1
      }
      if (given === frames) controller.error(new TypeError('terminated'))
    },
  })
}
