import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Chat } from './chat.tsx'

// The conversation stands in the address: who loads the page again, or opens the address elsewhere, reads on.
function Page() {
  const [id, setId] = useState(location.hash.slice(1) || null)
  const keep = (made: string) => {
    history.replaceState(null, '', `#${made}`)
    setId(made)
  }
  return <Chat id={id} onConversation={keep} />
}

createRoot(document.getElementById('page') ?? document.body).render(<StrictMode><Page /></StrictMode>)
