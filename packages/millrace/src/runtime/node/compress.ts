import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { Coding } from '../../server/compress.ts'
import { GzipStream } from './gzip.ts'
import { PackedStream, type Packer } from './packed-stream.ts'

type Pack = (bytes: Uint8Array, options: object) => Promise<Uint8Array<ArrayBuffer>>

const { constants } = zlib
/** What a compressor has ready leaves in pieces of this size, and one such piece is kept for every reader. */
const chunkSize = 4096

const gzip: Coding = {
  name: 'gzip',
  stream: (stream) => new GzipStream(stream),
  document: (bytes) => packGzip(bytes, {}),
}
const packGzip: Pack = promisify(zlib.gzip)

/** Frames get as small by 3 as by 4, for 400 KiB a reader instead of 660; a lower quality finds next to nothing in a few bytes. */
const BROTLI = { chunkSize, params: { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 12 } }
const packBrotli: Pack = promisify(zlib.brotliCompress)

const brotli: Coding = {
  name: 'br',
  stream: (stream) => new PackedStream(stream, () => zlib.createBrotliCompress(BROTLI)),
  document: (bytes) => packBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
}

/** In Node from 22.15 on. */
interface Zstd {
  readonly createZstdCompress: (options: object) => Packer
  readonly zstdCompress: (bytes: Uint8Array, options: object, done: (error: Error | null, packed: Uint8Array<ArrayBuffer>) => void) => void
  readonly constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_c_windowLog: number }
}

function zstdOf(library: Zstd): Coding {
  const { ZSTD_c_compressionLevel: level, ZSTD_c_windowLog: window } = library.constants
  const pack: Pack = promisify(library.zstdCompress)
  return {
    name: 'zstd',
    stream: (stream) => new PackedStream(stream, () => library.createZstdCompress({ chunkSize, params: { [level]: 1, [window]: 12 } })),
    document: (bytes) => pack(bytes, {}),
  }
}

function hasZstd(library: object): library is Zstd {
  return 'createZstdCompress' in library
}

/**
 * What Node can compress answers in, for `createMillrace({ compress: compression })`. gzip stands first:
 * readers share its bytes, which costs a stream's reader next to nothing, while the others cost every
 * reader a compressor of its own.
 */
export const compression: readonly Coding[] = [gzip, ...(hasZstd(zlib) ? [zstdOf(zlib)] : []), brotli]
