/** What a file is, by its name; and how its name travels, as a parameter of the MIME type: `image/png; name=cat.png`. */
import { undirected } from '../../protocol/printable.ts';

/** PROTOCOL.md: a MIME type has at most so many characters. */
const longest = 255;
const unknown = 'application/octet-stream';

const types: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  bz2: 'application/x-bzip2',
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  gz: 'application/gzip',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  log: 'text/plain',
  md: 'text/markdown',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  ogg: 'audio/ogg',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  toml: 'application/toml',
  ts: 'text/x-typescript',
  txt: 'text/plain',
  wav: 'audio/wav',
  wasm: 'application/wasm',
  webm: 'video/webm',
  webp: 'image/webp',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
};

/** The MIME type of a file of this name, and the name. */
export function mimeOf(name: string): string {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const type = (Object.hasOwn(types, extension) ? types[extension] : undefined) ?? unknown;
  if (/^[\w.+-]+$/.test(name)) return `${type}; name=${name}`.slice(0, longest);
  // RFC 8187: `name*=UTF-8''cat%20%F0%9F%90%88.png`
  let mime = `${type}; name*=UTF-8''`;
  for (const character of name.replace(/\p{Cs}/gu, '_')) {
    const encoded = encodeURIComponent(character).replace(/['()*!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    if (mime.length + encoded.length > longest) break;
    mime += encoded;
  }
  return mime;
}

export interface FileType {
  /** Without parameters. */
  readonly mime?: string;
  /** In one line, and without a path. */
  readonly name?: string;
}

export function fileTypeOf(mime: string | undefined): FileType {
  if (mime === undefined) return {};
  const [type = ''] = mime.split(';');
  const [, star, value = ''] = /;\s*name(\*)?=("(?:[^"\\]|\\.)*"|[^;]*)/i.exec(mime) ?? [];
  const name = undirected(star === undefined ? unquoted(value.trim()) : decoded(value.trim())).replace(/[/\\\t]/g, '_');
  return { ...(type.trim() !== '' && { mime: type.trim().toLowerCase() }), ...(name !== '' && { name }) };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^[\w-]*'[\w-]*'/, ''));
  } catch {
    return '';
  }
}
