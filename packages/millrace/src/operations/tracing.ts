import type { News, Observe } from '../run/news.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

interface Span {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { readonly code: number }): unknown
  end(): void
}

/** As much of a tracer of `@opentelemetry/api` as is needed. */
export interface Tracer {
  startSpan(name: string, options: { readonly attributes: Attributes }): Span
}

/** `SpanStatusCode.ERROR` */
const ERROR = 2

interface Working {
  readonly span: Span
  entries: number
  bytes: number
  writes: number
}

/**
 * A span of every run that this process works on, from when it took it to when it ended or left it: hand the result to
 * `createMillrace` as `observe`. Attributes begin with `millrace.`; what runs say is in none of them.
 *
 * @param tracer `trace.getTracer('millrace')` of the package `@opentelemetry/api`
 */
export function traceRuns(tracer: Tracer): Observe {
  const working = new Map<string, Working>()
  return (news) => {
    if (news.type === 'run_taken') working.set(news.run, begun(tracer, news))
    const run = 'run' in news ? working.get(news.run) : undefined
    if (!run) return
    if (news.type === 'appended') add(run, news)
    if (news.type !== 'run_ended' && news.type !== 'run_left') return
    working.delete(news.run)
    finish(run, news)
  }
}

type About<Type> = Extract<News, { readonly type: Type }>

function begun(tracer: Tracer, { run, kind, attempt, lost }: About<'run_taken'>): Working {
  const attributes = { 'millrace.run': run, 'millrace.kind': kind, 'millrace.attempt': attempt, 'millrace.takeover': lost }
  return { span: tracer.startSpan(`run ${kind}`, { attributes }), entries: 0, bytes: 0, writes: 0 }
}

function add(run: Working, { entries, bytes }: About<'appended'>): void {
  run.entries += entries
  run.bytes += bytes
  run.writes += 1
}

function finish({ span, entries, bytes, writes }: Working, news: About<'run_ended' | 'run_left'>): void {
  const status = news.type === 'run_ended' ? news.status : news.lost ? 'lost' : 'handed_over'
  span.setAttributes({
    'millrace.status': status, 'millrace.entries': entries, 'millrace.bytes': bytes, 'millrace.writes': writes,
    ...(news.type === 'run_ended' && news.code !== null ? { 'millrace.code': news.code } : {}),
  })
  if (status === 'failed' || status === 'lost') span.setStatus({ code: ERROR })
  span.end()
}
