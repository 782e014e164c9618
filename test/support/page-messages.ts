import { createParser } from 'eventsource-parser'

/** What a page of the dialect `html` is told. */
export interface Message {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** The whole messages in `bytes`: what a cut left of the last one is thrown away. */
export function messagesIn(bytes: Uint8Array): Message[] {
  const messages: Message[] = []
  const parser = createParser({ onEvent: ({ id, event, data }) => messages.push({ id, event, data }) })
  parser.feed(new TextDecoder().decode(bytes, { stream: true }))
  return messages
}

/** Deltas may come joined: what a page shows is the same. */
export function shownBy(messages: readonly Pick<Message, 'data'>[]): string {
  const DELTA = /^<div id="([^"]*-\d+)" hx-swap-oob="beforeend">([^]*)<\/div>$/
  return messages.reduce<{ key: string; all: string }>(({ key, all }, { data }) => {
    const [, id = '', text = data] = DELTA.exec(data) ?? []
    return { key: id, all: all + (id !== '' && id === key ? text : `\n[${id}]${text}`) }
  }, { key: '', all: '' }).all
}
