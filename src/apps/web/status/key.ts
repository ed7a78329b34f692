/** The key to the figures of the server, for who is not on its machine. It is kept for this tab. */
import type { Memory } from '../connection/memory.ts';

/** As in `/status#key=…`: no server gets to see a fragment, nor does its log. */
const inFragment = /^#key=(.*)$/;

/** Takes a key out of the address, which is seen and kept in more places than it should be. */
export function takeKey(location: Location, history: History, memory: Memory): string | undefined {
  const [, written] = inFragment.exec(location.hash) ?? [];
  if (written === undefined) return memory.get('statusKey');
  const key = decode(written);
  memory.set('statusKey', key);
  history.replaceState(null, '', location.pathname + location.search);
  return key;
}

/** What is asked for: the figures, by the key if there is one. Of all headers, a page may choose only this one. */
export function subprotocolsFor(key: string | undefined): string[] {
  return ['hubbub.status', ...(key ? [`key.${base64url(new TextEncoder().encode(key))}`] : [])];
}

function decode(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    // A key that has a percent sign of its own.
    return written;
  }
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
