import { request } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { Arriving } from './arriving.ts'

interface Unpacker {
  readonly whole: (bytes: Uint8Array) => Buffer
  readonly stream: () => Transform
}

/** By content coding; zstd from Node 22.15 on. */
const unpackers: Readonly<Record<string, Unpacker>> = {
  gzip: { whole: zlib.gunzipSync, stream: zlib.createGunzip },
  br: { whole: zlib.brotliDecompressSync, stream: zlib.createBrotliDecompress },
  ...('createZstdDecompress' in zlib && 'zstdDecompressSync' in zlib && {
    zstd: { whole: zlib.zstdDecompressSync as Unpacker['whole'], stream: zlib.createZstdDecompress as Unpacker['stream'] },
  }),
}

export function unpack(coding: string, bytes: Uint8Array): Buffer {
  return unpackers[coding]!.whole(bytes)
}

/** A POST of `null` whose answer is unpacked here: not every version of Node's `fetch` knows every coding. */
export function postPacked(url: string, headers: Readonly<Record<string, string>>): Promise<{ readonly response: Response; readonly body: Arriving }> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers } }, (message) => {
      const unpacked = message.pipe(unpackers[message.headers['content-encoding'] ?? '']!.stream())
      const response = new Response(Readable.toWeb(unpacked) as ReadableStream<Uint8Array>, { headers: message.headers as Record<string, string> })
      resolve({ response, body: new Arriving(response) })
    }).on('error', reject).end('null')
  })
}
