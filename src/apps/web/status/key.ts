/** The key to the figures of the server, for browsers on other machines. It is kept for this tab. */
import type { Memory } from '../connection/memory.ts';

/** As in `/status#key=…`: a fragment is never sent to a server, and so is in no log. */
const inFragment = /^#key=(.*)$/;

/** Removes the key from the address, which is visible, and kept in the history. */
export function takeKey(location: Location, history: History, memory: Memory): string | undefined {
  const [, written] = inFragment.exec(location.hash) ?? [];
  if (written === undefined) return memory.get('statusKey');
  const key = decode(written);
  memory.set('statusKey', key);
  history.replaceState(null, '', location.pathname + location.search);
  return key;
}

/** The subprotocols that ask for the figures, with the key if there is one: a page can set no other header. */
export function subprotocolsFor(key: string | undefined): string[] {
  return ['hubbub.status', ...(key ? [`key.${base64url(new TextEncoder().encode(key))}`] : [])];
}

function decode(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    // The key itself contains a percent sign.
    return written;
  }
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
