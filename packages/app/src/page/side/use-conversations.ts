import { useCallback, useEffect, useState } from 'react'
import type { ChatClient, ConversationInfo } from 'millrace/client'

const PAGE = 30

export interface Conversations {
  /** Newest first; `null` before the first page came. */
  readonly list: readonly ConversationInfo[] | null
  readonly hasMore: boolean
  /** Reads the newest page again: something began or was renamed, here or in another tab. */
  readonly refresh: () => void
  /** Shows a title before the server says it. */
  readonly retitle: (id: string, title: string) => void
  readonly more: () => Promise<void>
  readonly rename: (id: string, title: string) => Promise<void>
  readonly remove: (id: string) => Promise<void>
}

interface Pages {
  readonly list: readonly ConversationInfo[]
  readonly next: string | undefined
}

/** One's conversations, page by page. */
export function useConversations(chat: ChatClient): Conversations {
  const [pages, setPages] = useState<Pages | null>(null)
  const refresh = useCallback(() => {
    // An extra: what was listed stays, and the next try comes with the next answer.
    chat.conversations({}, { limit: PAGE }).then((page) => setPages((before) => renewed(before, page.conversations, page.next)), () => undefined)
  }, [chat])
  const retitle = useCallback((id: string, title: string) => setPages((before) => titled(before, id, title)), [])
  useEffect(() => {
    const onVisible = (): void => {
      if (!document.hidden) refresh()
    }
    refresh()
    document.addEventListener('visibilitychange', onVisible)
    return () => document.removeEventListener('visibilitychange', onVisible)
  }, [refresh])
  return {
    list: pages?.list ?? null,
    hasMore: pages?.next !== undefined,
    refresh,
    retitle,
    async more() {
      if (pages?.next === undefined) return
      const page = await chat.conversations({}, { limit: PAGE, before: pages.next })
      setPages({ list: [...pages.list, ...page.conversations], next: page.next })
    },
    async rename(id, title) {
      await chat.rename({ conversationId: id }, title)
      retitle(id, title)
    },
    async remove(id) {
      await chat.remove({ conversationId: id })
      setPages((before) => before && { ...before, list: before.list.filter((one) => one.conversationId !== id) })
    },
  }
}

function titled(pages: Pages | null, id: string, title: string): Pages | null {
  return pages && { ...pages, list: pages.list.map((one) => (one.conversationId === id && one.title !== title ? { ...one, title } : one)) }
}

/** The newest page in front of older ones that were read before. */
function renewed(before: Pages | null, newest: readonly ConversationInfo[], next: string | undefined): Pages {
  const oldest = newest.at(-1)
  const at = before?.list.findIndex(({ conversationId }) => conversationId === oldest?.conversationId) ?? -1
  return before === null || at === -1 || next === undefined ? { list: newest, next } : { list: [...newest, ...before.list.slice(at + 1)], next: before.next }
}
