// AI SDK: a UI message stream for each reader, of chunks as `streamText` would give.
import { pipeUIMessageStreamToResponse } from 'ai'
import { contendWith } from './contender.mjs'
import { TOKEN } from './token.mjs'

const chunk = { type: 'text-delta', id: '0', delta: TOKEN }
const readers = new Set()

function answer(_request, response) {
  let reader
  const stream = new ReadableStream({
    start(controller) {
      reader = controller
      controller.enqueue(chunk)
      readers.add(controller)
    },
    cancel: () => readers.delete(reader),
  })
  void pipeUIMessageStreamToResponse({ response, stream })
}

contendWith(answer, () => {
  for (const reader of readers) reader.enqueue(chunk)
})
