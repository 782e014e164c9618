import { ACCEPT, CONTENT_TYPE, JSON_TYPE } from '../../protocol/headers.ts'
import { persist, type Answer } from '../connector.ts'
import { defaultHost, type Host } from '../host.ts'
import { refusalOf, send, type Access } from '../request.ts'

/** Asks for a change until it is made or refused; what else it is answered with does not matter. */
export async function change(url: string, method: 'PATCH' | 'DELETE', body: object | undefined, access: Access): Promise<void> {
  const { host = defaultHost } = access
  // Only here is anything asked for that is no `GET` and no `POST`.
  const changing: Host = { ...host, fetch: (address, init) => host.fetch(address, { ...init, method }) }
  const sent = { body: JSON.stringify(body) as string | undefined, headers: { [ACCEPT]: JSON_TYPE, [CONTENT_TYPE]: JSON_TYPE } }
  const attempt = async (signal: AbortSignal): Promise<Answer<null>> => {
    const response = await send(url, { ...sent, signal }, { ...access, host: changing })
    if (!response.ok) return refusalOf(response)
    await response.body?.cancel()
    return { type: 'opened', value: null }
  }
  await persist(host, attempt, undefined)
}
