import { createChatClient, createChatView } from 'millrace/client'

const view = createChatView(createChatClient(process.argv[2]))
const leave = view.subscribe(() => {
  const { status, content } = view.getSnapshot()
  if (status !== 'idle' || content === '') return
  console.log(content)
  leave()
})
await view.sendMessage('Why?')
