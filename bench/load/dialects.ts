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

/** Ids like those of the SDK: a unique prefix and a number. V8 internalizes strings of up to ten characters. */
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
  // Messages go to every connection of the server, and are not numbered.
  'hubbub-broadcast': {
    ...hubbub,
    message: (body, id) => JSON.stringify({ type: 'broadcast', body, ...named(id) }),
    sequence: undefined,
  },
  // Connected, and in no room.
  'hubbub-roomless': { ...hubbub, path: () => '/?room=', opening: () => 'member' },
  // Servers that send each message to everyone, or to the room. They get the same bytes as Hubbub.
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
