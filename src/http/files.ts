/** Files that are served from memory: their bytes are made once, with an ETag, and compressed if that pays. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { HttpReply, HttpRequest } from './routes.ts';

/** One file, ready to be sent. */
export interface StaticFile {
  readonly etag: string;
  readonly cacheControl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
  /** Its compressed forms; undefined if it is sent as it is. */
  readonly compressed: Compressed | undefined;
}

export type Encoding = 'br' | 'gzip';

export type Compressed = Readonly<Record<Encoding, Uint8Array>>;

export interface FileOptions {
  /** Whether its name changes with its content. */
  readonly isImmutable?: boolean;
  readonly isCompressed?: boolean;
  /** The compressed forms, if the build has made them: at the start of a server they would take most of its time. */
  readonly compressed?: Compressed;
  /** Its type, and other headers of its body. */
  readonly headers: Readonly<Record<string, string>>;
}

export function createFile(
  content: Uint8Array,
  { isImmutable = false, isCompressed = false, compressed, headers }: FileOptions,
): StaticFile {
  return {
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    cacheControl: isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    headers: { ...headers, 'x-content-type-options': 'nosniff' },
    content,
    compressed: isCompressed ? (compressed ?? compress(content)) : undefined,
  };
}

export function serve(file: StaticFile, request: HttpRequest): HttpReply {
  const encoding = file.compressed && bestEncoding(request.header('accept-encoding'));
  const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`;
  const headers = { 'cache-control': file.cacheControl, etag, ...(file.compressed && { vary: 'accept-encoding' }) };
  if (isKnown(request.header('if-none-match'), etag)) return { status: '304 Not Modified', headers, body: undefined };
  return {
    status: '200 OK',
    headers: { ...headers, ...file.headers, ...(encoding && { 'content-encoding': encoding }) },
    body: (encoding && file.compressed?.[encoding]) ?? file.content,
  };
}

export function compress(content: Uint8Array): Compressed {
  const best = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  return { br: brotliCompressSync(content, best), gzip: gzipSync(content, { level: 9 }) };
}

/** RFC 9110, section 12.5.3, as far as browsers use it. */
function bestEncoding(header: string): Encoding | undefined {
  const accepted = header
    .split(',')
    .map((part) => part.trim().split(/\s*;\s*q=/))
    .filter(([, quality = '1']) => Number(quality) > 0);
  const names = new Set(accepted.map(([name = '']) => name.toLowerCase()));
  return (['br', 'gzip'] as const).find((encoding) => names.has(encoding));
}

/** RFC 9110, section 13.1.2. */
function isKnown(header: string, etag: string): boolean {
  return header.split(',').some((known) => known.trim().replace(/^W\//, '') === etag);
}
