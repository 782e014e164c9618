import { agUi, aiSdk, anthropic, anyone, createMillrace, openai, openaiResponses } from 'millrace'
import { conversation, createChat } from 'millrace/chat'
import { compression, serve } from 'millrace/node'
import { defineAnswer, defineChat, defineQuestion } from './answer.ts'
import { questionIn } from './answer/question.ts'
import { loadAssets } from './assets.ts'
import type { Flags } from './flags.ts'
import type { SearchIndex } from './search/search-index.ts'
import { modelsOf } from './models/choices.ts'
import type { Models } from './models/choices.ts'
import { openModel } from './models/open-model.ts'
import { openStore } from './open-store.ts'
import { createSite } from './site.ts'

export interface Running {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Where the port is taken, how many of the next ones are tried. */
const NEXT_PORTS = 20

/** Joins index, store, runs and page, and listens. */
export async function startServer(flags: Flags, index: SearchIndex): Promise<Running> {
  const model = await openModel(flags.model, process.env)
  const assets = await loadAssets(new URL('./page/', import.meta.url), index)
  const answering = { index, model, pace: flags.pace }
  const millrace = createMillrace({
    store: await openStore(flags.store),
    runs: { answer: defineAnswer(answering), chat: defineChat(answering), turn: defineQuestion(answering), conversation },
    authenticate: anyone,
    doctor: true,
    compress: compression,
    routes: {
      '/chat': createChat({ kind: 'turn' }),
      '/chat/stream': { kind: 'chat', dialect: anthropic, input: (body) => body },
      '/v1/messages': { kind: 'answer', dialect: anthropic, input: questionIn },
      '/v1/chat/completions': { kind: 'answer', dialect: openai, input: questionIn },
      '/v1/responses': { kind: 'answer', dialect: openaiResponses, input: questionIn },
      '/api/chat': { kind: 'answer', dialect: aiSdk, input: questionIn },
      '/agent': { kind: 'answer', dialect: agUi, input: questionIn },
    },
  })
  const models = (): Models => modelsOf(flags.model, process.env)
  const site = createSite({ assets, index, models, runs: millrace, allowHosts: flags.allowHosts, behindProxy: flags.behindProxy })
  const server = await serve(site, { port: flags.port, host: flags.host, nextPorts: NEXT_PORTS })
  return {
    url: server.url,
    port: server.port,
    async close() {
      // Streams are cut before their connections are: to an HTTP/1.0 reader a plain close would look like an end.
      await millrace.close()
      await server.close()
      await model?.close?.()
    },
  }
}
