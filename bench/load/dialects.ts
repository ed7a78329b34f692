/** All dialects, by name, because a load process gets it in a message. */
import { centrifugo } from './centrifugo.ts';
import { beginsWith, type ClientDialect, withQuery } from './dialect.ts';
import { pusher } from './pusher.ts';
import { Standing } from './standing.ts';

export type DialectName =
  | 'hubbub'
  | 'hubbub-text'
  | 'hubbub-binary'
  | 'hubbub-broadcast'
  | 'hubbub-roomless'
  | 'raw'
  | 'socket.io'
  | 'pusher'
  | 'centrifugo';

/** As the SDK names its messages: what no other client begins with, and a number. V8 takes up to ten characters for a constant. */
const prefix = '1d0wxrm1t5q8';

function named(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id: prefix + id };
}

function hubbubMessage(body: string, id: string | undefined): string {
  return JSON.stringify({ type: 'message', body, ...named(id) });
}

const hubbub: ClientDialect = {
  path: (room, { target = '/' }) => withQuery(target, `room=${room}`),
  opening: (text) => (text.startsWith('{"type":"joined"') ? 'member' : undefined),
  message: hubbubMessage,
  ack: beginsWith('{"type":"ack"'),
  sequence: '"seq":',
  standing: (room) => new Standing(room),
};

export const dialects: Readonly<Record<DialectName, ClientDialect>> = {
  hubbub,
  // Lines, for people: a frame is a message, and there are no ids.
  'hubbub-text': {
    path: (room) => `/text?room=${room}`,
    opening: (text) => (/^\* \S+: /.test(text) ? 'member' : undefined),
    message: (body) => body,
    ack: undefined,
    sequence: undefined,
  },
  // The header's length stands before it, in two bytes.
  'hubbub-binary': {
    ...hubbub,
    isBinary: true,
    message(body, id) {
      const header = JSON.stringify({ type: 'message', ...named(id) });
      return `\u0001\u0000${String.fromCharCode(header.length)}${header}${body}`;
    },
  },
  // What is said goes to every connection of the server, and is not numbered.
  'hubbub-broadcast': {
    ...hubbub,
    message: (body, id) => JSON.stringify({ type: 'broadcast', body, ...named(id) }),
    sequence: undefined,
  },
  // Connected, and in no room.
  'hubbub-roomless': { ...hubbub, path: () => '/?room=', opening: () => 'member' },
  // Servers that give to everyone, or everyone in the room, what they get. They get the same bytes as Hubbub.
  raw: {
    path: (room, { target }) => target ?? `/${room}`,
    opening: 'member at once',
    message: hubbubMessage,
    ack: undefined,
    sequence: undefined,
  },
  // https://github.com/socketio/socket.io-protocol, over Engine.IO protocol 4.
  'socket.io': {
    path: (_room, { target = '/socket.io/' }) => withQuery(target, 'EIO=4&transport=websocket'),
    opening(text) {
      if (text.startsWith('0')) return { reply: '40' };
      if (text.startsWith('44')) throw new Error(`refused by the server: ${text}`);
      return text.startsWith('40') ? 'member' : undefined;
    },
    message: (body, id = '') => `42${id}${JSON.stringify(['message', body])}`,
    ack: beginsWith('43'),
    heartbeat: { begins: '2', answer: '3' },
    sequence: undefined,
  },
  pusher,
  centrifugo,
};
