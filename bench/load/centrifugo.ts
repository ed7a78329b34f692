/**
 * The client protocol of Centrifugo (version 2, in JSON). A channel must let its subscribers publish.
 *
 * https://centrifugal.dev/docs/transports/client_protocol
 */
import { beginsWith, type ClientDialect, type Destination, type Step } from './dialect.ts';

interface Reply {
  readonly error?: { readonly code: number; readonly message: string };
  readonly connect?: { readonly client: string };
  readonly subscribe?: object;
}

/** An id is a number from 1 to 2 ** 32 - 1: these digits, and nine more. */
const idBegins = '1';
const noId = '0'.repeat(9);

const isReply = beginsWith('{"id":');

export const centrifugo: ClientDialect = {
  path: (_room, { target }) => target ?? '/connection/websocket',
  greeting: ({ credentials }) => JSON.stringify({ id: 1, connect: { token: credentials?.token } }),
  opening,
  message(body, id = noId, room) {
    return `{"id":${idBegins}${id},"publish":${JSON.stringify({ channel: room, data: { body } })}}`;
  },
  ack: (payload) => isReply(payload) && !payload.includes('"error":'),
  alwaysAcks: true,
  hasLines: true,
  heartbeat: { begins: '{}', answer: '{}' },
  sequence: undefined,
};

function opening(text: string, { room }: Destination): Step {
  const { error, connect, subscribe } = JSON.parse(text) as Reply;
  if (error) throw new Error(`refused by the server: ${error.code} ${error.message}`);
  if (connect?.client) return { reply: JSON.stringify({ id: 2, subscribe: { channel: room } }) };
  return subscribe ? 'member' : undefined;
}
