/**
 * The part of a WebSocket that the client uses: that of browsers and Node 22, or of the package `ws`. (Their types
 * differ; `never` fits all.)
 */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  /** Takes strings and `Uint8Array`s. */
  send(data: never): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

/**
 * The URL of a WebSocket: the scheme may be that of HTTP, and in a page the rest may be relative. @throws TypeError
 */
export function socketUrl(url: string | URL): URL {
  const { location } = globalThis as { location?: { readonly href: string } };
  const parsed = new URL(url, location?.href);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  parsed.hash = '';
  if (!/^wss?:$/.test(parsed.protocol)) throw new TypeError(`${parsed.href} is not the address of a WebSocket`);
  return parsed;
}
