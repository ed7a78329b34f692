/** The client: `import { connect } from '@hubbub-chat/client'`. */
import type { ConnectOptions, Hub } from './api.ts';
import { environment } from './environment.ts';
import { HubClient } from './hub.ts';
import { socketUrl } from './socket.ts';

export type * from './api.ts';
// biome-ignore lint/performance/noBarrelFile: one bundle is made of it, and this is all it shows.
export { type ClientErrorCode, HubbubError } from './error.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';

/**
 * Connects to a server, and keeps reconnecting until the hub is closed. Returns at once; requests wait for the
 * connection.
 * @param url the address of the server: `wss://chat.example`, or `https://chat.example`; `wss://example/chat/` if a
 *   proxy serves it under a path; in a page also a relative URL. Path and query are not changed.
 * @throws TypeError if that is not a URL.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Hub {
  return new HubClient(socketUrl(url), options, environment);
}
