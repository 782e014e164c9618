import { expectTypeOf, test } from 'vitest'
import type {
  createChatClient, ChatAnswer, ChatContext, ChunkMetadata, Citation, ConversationContext, StreamingChunk,
} from '../../packages/millrace/src/client/index.ts'

type Chat = ReturnType<typeof createChatClient>

test('a session is a context, and with a conversation one that can be asked in', () => {
  type Session = Awaited<ReturnType<Chat['session']>>
  type Conversation = Awaited<ReturnType<Chat['startConversation']>>
  expectTypeOf<Session>().toExtend<ChatContext>()
  expectTypeOf<Conversation>().toExtend<ConversationContext>()
  expectTypeOf<Session & Conversation>().toExtend<ConversationContext>()
  // What is asked needs to know where.
  expectTypeOf<Session>().not.toExtend<Parameters<Chat['chatStream']>[0]>()
  expectTypeOf<object>().toExtend<Parameters<Chat['startConversation']>[0]>()
})

test('a chunk says which of its parts there may be, and its metadata is told apart by its type', () => {
  expectTypeOf<StreamingChunk['content']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<StreamingChunk['sources']>().toEqualTypeOf<readonly Citation[] | undefined>()
  expectTypeOf<StreamingChunk['isComplete']>().toEqualTypeOf<boolean>()
  expectTypeOf<Extract<ChunkMetadata, { type: 'attempt' }>['n']>().toEqualTypeOf<number>()
  expectTypeOf<Extract<ChunkMetadata, { type: 'end' }>['status']>().toEqualTypeOf<'completed' | 'failed' | 'cancelled'>()
  expectTypeOf<ReturnType<Chat['chatStream']>>().toExtend<AsyncIterable<StreamingChunk>>()
  expectTypeOf<ReturnType<Chat['chat']>>().resolves.toEqualTypeOf<ChatAnswer>()
})
