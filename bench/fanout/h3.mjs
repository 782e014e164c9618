import { createEventStream, H3, toNodeHandler } from 'h3'
import { contendWith } from './contender.mjs'
import { JSON_EVENT } from './token.mjs'

const readers = new Set()
const app = new H3()

app.get('/', (event) => {
  const stream = createEventStream(event)
  void stream.push(JSON_EVENT)
  readers.add(stream)
  stream.onClosed(() => readers.delete(stream))
  return stream.send()
})

contendWith(toNodeHandler(app), () => {
  for (const stream of readers) void stream.push(JSON_EVENT)
})
