/** The addresses of the page: the root of its server, and the conversation after `#`. */
import { isRoom, type Key, nameIn } from '../state/state.ts';

/** The root of the server: a page lies directly in it, but a proxy may have put a path in front. */
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
