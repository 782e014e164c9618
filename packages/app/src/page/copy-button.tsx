import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { announce } from './announcer.tsx'
import { Icon } from './icon.tsx'

interface CopyButtonProps {
  readonly text: string
  readonly label: string
  /** What it does, for who does not see where it stands. */
  readonly of: string
}

/** How long it says so, in ms. */
const SAYS = 2000

export function CopyButton({ text, label, of }: CopyButtonProps): ReactElement {
  const [news, setNews] = useState<string | null>(null)
  useEffect(() => {
    if (news === null) return
    const timer = setTimeout(() => setNews(null), SAYS)
    return () => clearTimeout(timer)
  }, [news])
  const onCopy = async (): Promise<void> => {
    const said = (await copied(text)) ? 'Copied' : 'Not copied'
    setNews(said)
    announce(said)
  }
  return (
    <button type="button" className="quiet" aria-label={of} onClick={() => void onCopy()}>
      <Icon name={news === 'Copied' ? 'check' : 'copy'} />{news ?? label}
    </button>
  )
}

/** False where the browser does not let a page write to the clipboard: over plain HTTP from another machine, for one. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
