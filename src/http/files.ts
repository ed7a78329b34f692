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
  /** The same compressed, the best encoding first. */
  readonly compressed: readonly Compressed[];
}

interface Compressed {
  readonly encoding: 'br' | 'gzip';
  readonly body: Uint8Array;
}

export interface FileOptions {
  /** Whether its name changes with its content. */
  readonly isImmutable?: boolean;
  readonly isCompressed?: boolean;
  /** Its type, and other headers of its body. */
  readonly headers: Readonly<Record<string, string>>;
}

export function createFile(
  content: Uint8Array,
  { isImmutable = false, isCompressed = false, headers }: FileOptions,
): StaticFile {
  return {
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    cacheControl: isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    headers: { ...headers, 'x-content-type-options': 'nosniff' },
    content,
    compressed: isCompressed ? compress(content) : [],
  };
}

export function serve(file: StaticFile, request: HttpRequest): HttpReply {
  const accepted = acceptedEncodings(request.header('accept-encoding'));
  const packed = file.compressed.find(({ encoding }) => accepted.has(encoding));
  const etag = `"${file.etag}${packed ? `-${packed.encoding}` : ''}"`;
  const headers = {
    'cache-control': file.cacheControl,
    etag,
    ...(file.compressed.length > 0 && { vary: 'accept-encoding' }),
  };
  if (isKnown(request.header('if-none-match'), etag)) return { status: '304 Not Modified', headers, body: undefined };
  return {
    status: '200 OK',
    headers: { ...headers, ...file.headers, ...(packed && { 'content-encoding': packed.encoding }) },
    body: packed?.body ?? file.content,
  };
}

function compress(content: Uint8Array): Compressed[] {
  const best = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  return [
    { encoding: 'br', body: brotliCompressSync(content, best) },
    { encoding: 'gzip', body: gzipSync(content, { level: 9 }) },
  ];
}

/** RFC 9110, section 12.5.3, as far as browsers use it. */
function acceptedEncodings(header: string): ReadonlySet<string> {
  const accepted = header
    .split(',')
    .map((part) => part.trim().split(/\s*;\s*q=/))
    .filter(([, quality = '1']) => Number(quality) > 0);
  return new Set(accepted.map(([name = '']) => name.toLowerCase()));
}

/** RFC 9110, section 13.1.2. */
function isKnown(header: string, etag: string): boolean {
  return header.split(',').some((known) => known.trim().replace(/^W\//, '') === etag);
}
