import { createClient } from 'millrace/client'
import { useRun } from 'millrace/react'
import { Component, StrictMode, Suspense, type ReactNode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { Chat } from '../../examples/react/chat.tsx'
import { Quick } from '../../examples/react/quick.tsx'
import { Answer } from '../../examples/react/run.tsx'

/** What a test does with the page. */
export interface Stage {
  /** Shows it, or shows the same component with something else. */
  show(what: What): void
  /** Takes over what a server rendered. */
  hydrate(what: What): void
  unmount(): void
  /** What was thrown while rendering, and what React had to say. */
  readonly problems: string[]
  /** How often a long answer was rendered. */
  readonly renders: number
  /** Conversations that were made. */
  readonly made: string[]
}

export type What = { readonly chat: string | null } | { readonly run: string | null } | { readonly long: string; readonly keep?: number } | { readonly quick: true }

const problems: string[] = []
const made: string[] = []
let renders = 0

const millrace = createClient('/')

/** Renders with every change, and shows hardly anything: what is measured is not how a browser lays out a book. */
function Long({ id, keep }: { readonly id: string; readonly keep?: number }): ReactNode {
  const { text, dropped, status } = useRun(millrace.open(id), keep === undefined ? {} : { keep })
  renders += 1
  return <p data-status={status} data-dropped={dropped} data-length={text.length}>{text.slice(-100)}</p>
}

class Boundary extends Component<{ readonly children: ReactNode }> {
  override state: { readonly failed: boolean } = { failed: false }

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true }
  }

  override componentDidCatch(error: Error): void {
    problems.push(error.message)
  }

  override render(): ReactNode {
    return this.state.failed ? 'failed' : this.props.children
  }
}

/** Suspends at its first rendering, which React then throws away with all that was made in it. */
const ready = new Promise<void>((resolve) => setTimeout(resolve, 20))
let isReady = false
void ready.then(() => {
  isReady = true
})
function Late(): ReactNode {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what React 18 and 19 both understand
  if (!isReady) throw ready
  return null
}

/** @param late what stands beside it and may not be ready */
export function tree(what: What, late?: ReactNode): ReactNode {
  return <StrictMode><Boundary><Suspense>{content(what)}{late}</Suspense></Boundary></StrictMode>
}

function content(what: What): ReactNode {
  if ('chat' in what) return <Chat id={what.chat} onConversation={(id) => made.push(id)} />
  if ('long' in what) return <Long id={what.long} {...(what.keep !== undefined && { keep: what.keep })} />
  return 'run' in what ? <Answer id={what.run} /> : <Quick />
}

if (typeof document !== 'undefined') {
  const place = document.getElementById('page') ?? document.body
  const onRecoverableError = (error: unknown): void => void problems.push(String(error))
  let root: Root | undefined
  const stage: Stage = {
    problems, made,
    get renders() {
      return renders
    },
    show: (what) => (root ??= createRoot(place)).render(tree(what, <Late />)),
    hydrate(what) {
      root = hydrateRoot(place, tree(what), { onRecoverableError })
    },
    unmount() {
      root?.unmount()
      root = undefined
    },
  }
  Object.assign(window, { stage })
}
