/** The addresses of the page: where its server is, and after `#` what it shows. */
import { isRoom, type Key, nameIn } from '../state/state.ts';

/** The root of the server, of which a page knows only that it lies in it: a proxy may have put a path before it. */
export function rootOf(page: string): URL {
  return new URL('.', page);
}

/** `#cats` is the room cats, `#@u1` the conversation with u1. */
export function keyFrom(hash: string): Key | undefined {
  const [, at, encoded = ''] = /^#?(@?)(.*)$/s.exec(hash) ?? [];
  try {
    const name = decodeURIComponent(encoded);
    if (name === '') return undefined;
    return at === '@' ? `@${name}` : `#${name}`;
  } catch {
    return undefined;
  }
}

export function hashOf(key: Key): string {
  return `#${isRoom(key) ? encodeURIComponent(nameIn(key)) : `@${encodeURIComponent(nameIn(key))}`}`;
}
