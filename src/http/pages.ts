/** The web pages, which load nothing from other origins. */
import { createFile, type Encoding, type StaticFile } from './files.ts';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
};

/** The compressed forms of a file lie beside it, with these endings. */
export const packedEndings: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };

/** Only this server is allowed as a source; images may also come from messages. */
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
 * @param files by their path under the root, such as `index.html` or `assets/app-1a2b3c.js`, and their compressed forms
 * (`index.html.br`), if the build has made them
 * @returns the pages by the path of their URL: `index.html` is at `/`, `status.html` at `/status`.
 */
export function createPages(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, StaticFile> {
  const packed = new Set(
    Array.from(files.keys(), (path) => Object.values(packedEndings).map((ending) => path + ending)).flat(),
  );
  const pages = Array.from(files).filter(([path]) => !packed.has(path));
  return new Map(pages.map(([path, content]) => [pathOf(path), createPage(path, content, files)]));
}

function createPage(path: string, content: Uint8Array, files: ReadonlyMap<string, Uint8Array>): StaticFile {
  const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  const [br, gzip] = [files.get(path + packedEndings.br), files.get(path + packedEndings.gzip)];
  return createFile(content, {
    isImmutable: path.startsWith('assets/'),
    isCompressed: type !== 'image/png',
    ...(br && gzip && { compressed: { br, gzip } }),
    headers: {
      'content-type': type,
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    },
  });
}

function pathOf(file: string): string {
  return `/${file.replace(/(^index)?\.html$/, '')}`;
}
