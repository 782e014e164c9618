import express from 'express'
import { contendWith } from './contender.mjs'
import { JSON_EVENT } from './token.mjs'

const readers = new Set()
const app = express()

function send(response) {
  response.write(`data: ${JSON_EVENT}\n\n`)
}

app.get('/', (_request, response) => {
  response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }).flushHeaders()
  send(response)
  readers.add(response)
  response.on('close', () => readers.delete(response))
})

contendWith(app, () => {
  for (const response of readers) send(response)
})
