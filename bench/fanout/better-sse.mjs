import { createChannel, createSession } from 'better-sse'
import { contendWith } from './contender.mjs'
import { EVENT } from './token.mjs'

const channel = createChannel()

async function answer(request, response) {
  const session = await createSession(request, response)
  session.push(EVENT)
  channel.register(session)
}

contendWith(answer, () => channel.broadcast(EVENT))
