/**
 * Pusher Channels protocol 7, as in Soketi and Sockudo. Members are in a private channel, and send client events: those
 * need no HTTP request each, but the app has to allow them.
 *
 * https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/
 */
import { createHmac } from 'node:crypto';
import type { Credentials } from './address.ts';
import { type ClientDialect, type Destination, type Step, withQuery } from './dialect.ts';

/** The defaults of Soketi. */
const usual = { appKey: 'app-key', appSecret: 'app-secret' };

interface Frame {
  readonly event?: string;
  /** JSON, most often once more as a string. */
  readonly data?: unknown;
}

export const pusher: ClientDialect = {
  path: (_room, { target, credentials }) =>
    withQuery(target ?? `/app/${keyOf(credentials)}`, 'protocol=7&client=hubbub-bench&version=1'),
  opening,
  message: (body, _id, room) => JSON.stringify({ event: 'client-message', channel: channelOf(room), data: { body } }),
  ack: undefined,
  excludesSender: true,
  heartbeat: { begins: '{"event":"pusher:ping"', answer: '{"event":"pusher:pong","data":{}}' },
  sequence: undefined,
};

function opening(text: string, { room, address: { credentials } }: Destination): Step {
  const { event, data } = JSON.parse(text) as Frame;
  switch (event) {
    case 'pusher:connection_established': {
      const { socket_id: socketId } = (typeof data === 'string' ? JSON.parse(data) : data) as { socket_id: string };
      const channel = channelOf(room);
      const auth = `${keyOf(credentials)}:${signature(`${socketId}:${channel}`, credentials)}`;
      return { reply: JSON.stringify({ event: 'pusher:subscribe', data: { channel, auth } }) };
    }
    case 'pusher_internal:subscription_succeeded':
      return 'member';
    case 'pusher:error':
    case 'pusher:subscription_error':
      throw new Error(`refused by the server: ${text}`);
    default:
      return undefined;
  }
}

function keyOf(credentials: Credentials | undefined): string {
  return credentials?.appKey ?? usual.appKey;
}

function signature(text: string, credentials: Credentials | undefined): string {
  return createHmac('sha256', credentials?.appSecret ?? usual.appSecret)
    .update(text)
    .digest('hex');
}

function channelOf(room: string): string {
  return `private-${room}`;
}
