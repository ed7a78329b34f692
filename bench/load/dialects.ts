/** How a client speaks to each kind of target. Chosen by name, because a load process gets it in a message. */
import { Standing } from './standing.ts';

export type DialectName =
  | 'hubbub'
  | 'hubbub-text'
  | 'hubbub-binary'
  | 'hubbub-broadcast'
  | 'hubbub-roomless'
  | 'relay'
  | 'socket.io';

export interface ClientDialect {
  /** The target of the upgrade request of who wants to be in a room. */
  path(room: string): string;
  /** What to make of a frame that comes before the connection is a member: an answer to give, or that it is one now. */
  readonly opening: ((text: string) => { readonly reply: string } | 'member' | undefined) | 'member at once';
  /** One message; `id` asks for an acknowledgement, where the target has any. */
  message(body: string, id: string | undefined): string;
  /** How an acknowledgement begins; undefined: there are none. */
  readonly ack: string | undefined;
  /** What the server's own numbering stands behind in a message; undefined: there is none. */
  readonly sequence: string | undefined;
  /** Whether messages go out in binary frames. */
  readonly isBinary?: true;
  /** What a client in this room keeps to come back to where it was; undefined: who comes back has missed what was said. */
  readonly standing?: (room: string) => Standing;
}

function hubbubMessage(body: string, id: string | undefined): string {
  return JSON.stringify({ type: 'message', body, ...(id !== undefined && { id }) });
}

const hubbub: ClientDialect = {
  path: (room) => `/?room=${room}`,
  opening: (text) => (text.startsWith('{"type":"joined"') ? 'member' : undefined),
  message: hubbubMessage,
  ack: '{"type":"ack"',
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
      const header = JSON.stringify({ type: 'message', ...(id !== undefined && { id }) });
      return `\u0001\u0000${String.fromCharCode(header.length)}${header}${body}`;
    },
  },
  // What is said goes to every connection of the server, and is not numbered.
  'hubbub-broadcast': {
    ...hubbub,
    message: (body, id) => JSON.stringify({ type: 'broadcast', body, ...(id !== undefined && { id }) }),
    sequence: undefined,
  },
  // Connected, and in no room.
  'hubbub-roomless': { ...hubbub, path: () => '/?room=', opening: () => 'member' },
  // Servers that give to everyone, or everyone in the room, what they get. They get the same bytes as Hubbub.
  relay: {
    path: (room) => `/${room}`,
    opening: 'member at once',
    message: hubbubMessage,
    ack: undefined,
    sequence: undefined,
  },
  // https://github.com/socketio/socket.io-protocol, over Engine.IO protocol 4.
  'socket.io': {
    path: () => '/socket.io/?EIO=4&transport=websocket',
    opening(text) {
      if (text.startsWith('0')) return { reply: '40' };
      return text.startsWith('40') ? 'member' : undefined;
    },
    message: (body, id = '') => `42${id}${JSON.stringify(['message', body])}`,
    ack: '43',
    sequence: undefined,
  },
};
