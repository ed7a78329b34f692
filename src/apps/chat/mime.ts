/** The MIME types of files, by their names. */
import { undirected } from '../../protocol/printable.ts';
import { parseMime, withName } from '../file-name.ts';

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
  return withName((Object.hasOwn(types, extension) ? types[extension] : undefined) ?? unknown, name);
}

export interface FileType {
  /** Without parameters. */
  readonly mime?: string;
  /** In one line, and without a path. */
  readonly name?: string;
}

export function fileTypeOf(mime: string | undefined): FileType {
  if (mime === undefined) return {};
  const { type, name } = parseMime(mime);
  const shown = undirected(name).replace(/[/\\\t]/g, '_');
  return { ...(type !== '' && { mime: type }), ...(shown !== '' && { name: shown }) };
}
