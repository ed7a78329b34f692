/** The facts about each frame in PROTOCOL.md that its schema does not have: the chapter, the answer, the errors. */
import type { ClientFrame, ErrorCode, ServerFrame } from '../../src/protocol/generated/frames.ts';

export type FrameName = `client ${ClientFrame['type']}` | `server ${ServerFrame['type']}`;

/** The frames by chapter, in the order of a connection's life. */
export const chapters = {
  connecting: ['server welcome', 'client hello', 'client auth'],
  answer: ['server ack', 'server error'],
  room: ['client join', 'server joined', 'client leave', 'server left', 'client rooms', 'server rooms'],
  message: ['client message', 'server message'],
  kept: ['server gap', 'client history', 'server history'],
  presence: ['server presence', 'client list', 'server members', 'client name', 'client status'],
  user: ['client direct', 'server direct', 'client broadcast', 'server broadcast', 'client signal', 'server signal'],
  check: ['client ping', 'server pong', 'client echo', 'server echo'],
  ending: ['server goodbye'],
} as const satisfies Record<string, readonly FrameName[]>;

interface Request {
  readonly answer: string;
  /** Errors besides those that every request may get. */
  readonly errors?: readonly ErrorCode[];
}

const ackIfAsked = '`ack`, if it has an `id`';

export const requests: Readonly<Record<ClientFrame['type'], Request>> = {
  auth: { answer: ackIfAsked, errors: ['invalid_token', 'forbidden'] },
  broadcast: { answer: ackIfAsked, errors: ['forbidden'] },
  direct: { answer: ackIfAsked, errors: ['unknown_user', 'ambiguous_name'] },
  echo: { answer: '`echo`' },
  hello: { answer: '`welcome`', errors: ['hello_not_first', 'unsupported_version', 'invalid_token'] },
  history: { answer: '`history`', errors: ['not_joined', 'unavailable'] },
  join: { answer: '`joined`', errors: ['too_many_rooms', 'unavailable'] },
  leave: { answer: '`left`', errors: ['not_joined'] },
  list: { answer: '`members`', errors: ['not_joined'] },
  message: { answer: '`ack` once it is kept, if it has an `id`', errors: ['not_joined', 'unavailable'] },
  name: { answer: ackIfAsked },
  ping: { answer: '`pong`' },
  rooms: { answer: '`rooms`' },
  signal: { answer: ackIfAsked, errors: ['not_joined', 'unknown_user'] },
  status: { answer: ackIfAsked },
};

/** When the server sends a frame, and to which connections. */
export const occasions: Readonly<Record<ServerFrame['type'], string>> = {
  ack: 'in answer to `message`, `signal`, `direct`, `broadcast`, `name`, `status` and `auth`, if they have an `id`',
  broadcast: 'when a client has sent `broadcast`, to every connection, that of the sender too',
  direct: 'when a client has sent `direct`',
  echo: 'in answer to `echo`',
  error: 'when a request is refused, instead of its answer',
  gap: 'after `joined`, and while the connection is catching up',
  goodbye: 'before the server closes the connection',
  history: 'in answer to `history`',
  joined: 'in answer to `join`; unasked for the rooms joined at connect, and when the server had to rebuild a room',
  left: 'in answer to `leave`',
  members: 'in answer to `list`; unasked when a room is small enough for lists again, and after catching up',
  message: 'when a client has sent `message`, to everyone in the room; and when a connection catches up',
  pong: 'in answer to `ping`',
  presence: 'to everyone in the room when something has changed',
  rooms: 'in answer to `rooms`',
  signal: 'when a client has sent `signal`, to everyone else in the room, or to all connections of one user',
  welcome: 'when the connection opens; in answer to `hello`',
};
