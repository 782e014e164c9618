import { createHash } from 'node:crypto'

/** What every page and file of the application carries. Scripts and styles come from here alone. */
const SAFETY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Something to serve whole: its bytes, their tag and how long they may be kept. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly tag: string
  /** The name holds a hash of the content, so it never changes under that name. */
  readonly immutable: boolean
}

export function toAsset(bytes: Uint8Array<ArrayBuffer>, type: string, immutable: boolean): Asset {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { bytes, type, tag, immutable }
}

/** Answers GET and HEAD for an asset, and 304 to who has it already. */
export function serveAsset(request: Request, asset: Asset): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'method_not_allowed', 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' })
  const headers = {
    ...SAFETY,
    etag: asset.tag,
    'cache-control': asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (matches(request.headers.get('if-none-match'), asset.tag)) return new Response(null, { status: 304, headers })
  const described = { ...headers, 'content-type': asset.type, 'content-length': String(asset.bytes.length) }
  return new Response(request.method === 'HEAD' ? null : asset.bytes, { headers: described })
}

/** RFC 9457. */
export function problem(status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', status, code, detail }), {
    status,
    headers: { ...SAFETY, 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  })
}

function matches(header: string | null, tag: string): boolean {
  return header !== null && header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag)
}
