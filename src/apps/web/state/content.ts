/** The content of a message, as it is shown. */
import { fileTypeOf, mimeOf } from './mime.ts';
import { cleanText } from './text.ts';

export type Content = TextContent | FileContent;

export interface TextContent {
  readonly kind: 'text' | 'json';
  readonly text: string;
}

export interface FileContent {
  /** An `image` is shown, a `file` is not. */
  readonly kind: 'image' | 'file';
  readonly bytes: Uint8Array;
  /** Without parameters, and for display only: nothing must be opened as this type. */
  readonly type: string;
  readonly name: string;
}

/** Formats that have pixels and nothing else. SVG is a document, with scripts in it. */
const pixels: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
]);

export function contentOf(body: unknown, mime: string | undefined): Content {
  if (body instanceof Uint8Array) return fileOf(body, mime ?? 'application/octet-stream');
  if (typeof body === 'string') return { kind: 'text', text: cleanText(body) };
  return { kind: 'json', text: cleanText(JSON.stringify(body, null, 2) ?? '') };
}

export function fileOf(bytes: Uint8Array, mime: string): FileContent {
  const { type, name } = fileTypeOf(mime);
  const kind = pixels.has(type) ? 'image' : 'file';
  return { kind, bytes, type, name: name ?? (kind === 'image' ? `image.${type.slice('image/'.length)}` : 'file') };
}

/** The form in which it is sent to the server. */
export function bodyOf(content: Content): { body: string | Uint8Array; mime?: string } {
  return 'bytes' in content
    ? { body: content.bytes, mime: mimeOf(content.type, content.name) }
    : { body: content.text };
}

export function isSame(one: Content, other: Content): boolean {
  if ('bytes' in one) return 'bytes' in other && areSame(one.bytes, other.bytes);
  return 'text' in other && one.text === other.text;
}

/** A description in words, for screen readers and lists. */
export function summaryOf(content: Content): string {
  switch (content.kind) {
    case 'image':
      return `image ${content.name}`;
    case 'file':
      return `file ${content.name}`;
    case 'text':
    case 'json':
      return content.text.length > 200 ? `${content.text.slice(0, 200)}…` : content.text;
  }
}

/** Its approximate size in memory. */
export function sizeOf(content: Content): number {
  return 'bytes' in content ? content.bytes.length : content.text.length;
}

function areSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
