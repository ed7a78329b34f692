/** Reads the type and name of a file from a MIME type, and makes one of them. */
import { parseMime, withName } from '../../file-name.ts';
import { cleanName } from './text.ts';

export interface FileType {
  /** In lower case, without parameters. */
  readonly type: string;
  readonly name: string | undefined;
}

export function fileTypeOf(mime: string): FileType {
  const { type, name } = parseMime(mime);
  return { type, name: name === '' ? undefined : fileName(name) };
}

/** @returns the type with the name, which is cut off if it is too long. */
export function mimeOf(type: string, name: string): string {
  const isKnown = /^[\w.+-]+\/[\w.+-]+$/.test(type) && type.length <= 100;
  return withName(isKnown ? type.toLowerCase() : 'application/octet-stream', cleanName(name));
}

/** A name without anything that could be a path, or a hidden file. */
function fileName(name: string): string {
  return cleanName(name)
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/^\.+/, '_');
}
