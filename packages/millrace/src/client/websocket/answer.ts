import { CONTENT_TYPE, JSON_TYPE, MILLRACE_STATUS } from '../../protocol/headers.ts'
import type { ClientMessage, ServerMessage } from '../../protocol/socket.ts'
import { broken } from '../connection.ts'
import { FollowBody } from './follow.ts'
import { refusalOf, type Exchange, type SocketLink } from './link.ts'

/** What becomes of one message: the response it would have had over HTTP. */
export class Answer {
  readonly response: Promise<Response>
  readonly #exchange: Exchange
  readonly #maxBuffered: number
  #follow: FollowBody | null = null
  #resolve: (response: Response) => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  /** @param link opened */
  constructor(link: SocketLink, message: (ref: string) => ClientMessage, maxBuffered: number) {
    this.#maxBuffered = maxBuffered
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#exchange = link.ask(message, (answer) => this.#receive(answer))
  }

  /** Whoever asked has left. */
  leave(): void {
    if (this.#follow) this.#follow.leave()
    else this.#exchange.say('unfollow')
    this.#settle(null)
  }

  #receive(answer: ServerMessage | null): void {
    if (this.#follow) this.#follow.receive(answer)
    else if (answer?.type === 'following') {
      this.#follow = new FollowBody(this.#exchange, this.#maxBuffered)
      this.#resolve(this.#follow.response)
    } else if (answer?.type !== 'heartbeat') this.#settle(answer)
  }

  #settle(answer: ServerMessage | null): void {
    this.#exchange.over()
    switch (answer?.type) {
      case 'started':
      case 'status':
        this.#resolve(new Response(JSON.stringify(answer.run), { headers: { [CONTENT_TYPE]: JSON_TYPE } }))
        break
      case 'end':
        this.#resolve(new Response(null, { status: 204, headers: { [MILLRACE_STATUS]: answer.status ?? '' } }))
        break
      case 'error':
        this.#reject(refusalOf(answer.problem))
        break
      default:
        this.#reject(broken('The socket was closed.'))
    }
  }
}
