/** The name of a file travels as a parameter of its MIME type: `image/png; name=cat.png`. */
import { cleanName } from './text.ts';

export interface FileType {
  /** In lower case, without parameters. */
  readonly type: string;
  readonly name: string | undefined;
}

/** PROTOCOL.md: a MIME type has at most so many characters. */
const longest = 255;

const parameter = /;\s*name(\*)?=("(?:[^"\\]|\\.)*"|[^;]*)/i;

export function fileTypeOf(mime: string): FileType {
  const [type = ''] = mime.split(';');
  const [, star, value = ''] = parameter.exec(mime) ?? [];
  const name = star === undefined ? unquoted(value.trim()) : decoded(value.trim());
  return { type: type.trim().toLowerCase(), name: name === '' ? undefined : fileName(name) };
}

/** @returns the type with the name, or with as much of it as there is room for. */
export function mimeOf(type: string, name: string): string {
  const known =
    /^[\w.+-]+\/[\w.+-]+$/.test(type) && type.length <= 100 ? type.toLowerCase() : 'application/octet-stream';
  if (/^[\w.+-]+$/.test(name)) return `${known}; name=${name}`.slice(0, longest);
  let mime = `${known}; name*=UTF-8''`;
  for (const character of cleanName(name)) {
    const encoded = encodeURIComponent(character).replace(/['()*!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    if (mime.length + encoded.length > longest) break;
    mime += encoded;
  }
  return mime;
}

/** Without anything that could be a path, or a hidden file. */
function fileName(name: string): string {
  return cleanName(name)
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/^\.+/, '_');
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

/** RFC 8187: `UTF-8''cat%20%F0%9F%90%88.png` */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^[\w-]*'[\w-]*'/, ''));
  } catch {
    return '';
  }
}
