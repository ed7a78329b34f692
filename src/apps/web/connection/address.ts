/** The part of the page's address after `#`: what it shows. */
import { isRoom, type Key, nameIn } from '../state/state.ts';

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
