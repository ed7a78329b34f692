/** The client: `import { connect } from 'hubbub/client'`. */
import type { ConnectOptions, Hub } from './api.ts';
import { environment } from './environment.ts';
import { HubClient } from './hub.ts';
import { socketUrl } from './socket.ts';

export type * from './api.ts';
// biome-ignore lint/performance/noBarrelFile: one bundle is made of it, and this is all it shows.
export { type ClientErrorCode, HubbubError } from './error.ts';
export type { WebSocketConstructor, WebSocketLike } from './socket.ts';

/**
 * Keeps up a connection to a server, from now until it is closed. Returns at once; what is asked of the hub waits for
 * the connection.
 * @param url where the server is: `wss://chat.example`, or `https://chat.example`; `wss://example/chat/` where a
 *   proxy serves it under a path; in a page also relative to it. Path and query are kept as they are.
 * @throws TypeError if that is no URL.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Hub {
  return new HubClient(socketUrl(url), options, environment);
}
