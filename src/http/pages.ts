/** The web pages, served from memory: compressed once, with an ETag, and with nothing from anywhere else. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { HttpReply, HttpRequest } from './routes.ts';

/** One file, as it goes out. */
export interface Page {
  readonly type: string;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly isImmutable: boolean;
  /** The best encoding first; the last one is none. */
  readonly variants: readonly Variant[];
}

interface Variant {
  /** undefined: as it is. */
  readonly encoding: 'br' | 'gzip' | undefined;
  readonly body: Uint8Array;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};

/** Nothing but what this server has; images also from messages. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * @param files by their path under the root, such as `index.html` or `assets/app-1a2b3c.js`
 * @returns the pages by the path of their URL: `index.html` is at `/`, `status.html` at `/status`.
 */
export function createPages(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Page> {
  return new Map(Array.from(files, ([path, content]) => [pathOf(path), createPage(path, content)]));
}

export function serve(page: Page, request: HttpRequest): HttpReply {
  const accepted = acceptedEncodings(request.header('accept-encoding'));
  const { encoding, body } = page.variants.find((variant) => !variant.encoding || accepted.has(variant.encoding)) ?? {
    encoding: undefined,
    body: new Uint8Array(),
  };
  const etag = `"${page.etag}${encoding ? `-${encoding}` : ''}"`;
  const headers = {
    'cache-control': page.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    vary: 'accept-encoding',
  };
  if (isKnown(request.header('if-none-match'), etag)) return { status: '304 Not Modified', headers, body: undefined };
  return {
    status: '200 OK',
    headers: {
      ...headers,
      'content-type': page.type,
      ...(encoding && { 'content-encoding': encoding }),
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}

function createPage(path: string, content: Uint8Array): Page {
  const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return {
    type,
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    isImmutable: path.startsWith('assets/'),
    variants: [...(type.startsWith('image/png') ? [] : compressed(content)), { encoding: undefined, body: content }],
  };
}

function compressed(content: Uint8Array): Variant[] {
  const best = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  return [
    { encoding: 'br', body: brotliCompressSync(content, best) },
    { encoding: 'gzip', body: gzipSync(content, { level: 9 }) },
  ];
}

function pathOf(file: string): string {
  return `/${file.replace(/(^index)?\.html$/, '')}`;
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
