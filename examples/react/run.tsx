import { createClient } from 'millrace/client'
import { useRun } from 'millrace/react'

const millrace = createClient('/')

export function Answer({ id }: { readonly id: string | null }) {
  const { text, sources, status, connection, stage, error, cancel } = useRun(id === null ? null : millrace.open(id))
  return (
    <article data-status={status} data-connection={connection}>
      <p role="status">{stage?.message}</p>
      <div className="text">{text}</div>
      <ul>{sources.map(({ title, url }, at) => <li key={at}><a href={url}>{title}</a></li>)}</ul>
      <p role="alert">{error?.message}</p>
      {status === 'running' && <button onClick={() => void cancel()}>Stop</button>}
    </article>
  )
}
