// Made from schemas/ by `npm run generate`. Do not edit.

/**
 * The name of a room: 1 to 128 characters (Unicode code points), without spaces, control characters and invisible ones. Names are compared code point by code point.
 */
export type Room = string;
/**
 * Identifies a user. It never changes, and all connections of the user share it.
 */
export type UserId = string;
/**
 * The name that people see: 1 to 64 characters, not starting or ending with a space, without control characters and invisible ones. Two users may have the same name.
 */
export type DisplayName = string;
/**
 * Chosen by the client; the answer or the error carries it back. The `id` of a message also names the message.
 */
export type RequestId = string;
/**
 * Names a numbering of the room. In another epoch the numbers start anew, and cannot be compared with these.
 */
export type Epoch = string;
/**
 * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
 */
export type Seq = number;
/**
 * The server's time, in milliseconds since 1970-01-01T00:00:00Z.
 */
export type Timestamp = number;
/**
 * The presence state that a user has set.
 */
export type PresenceState = 'online' | 'away' | 'busy';
/**
 * A few words beside the presence state, at most 140 characters, without control characters and direction overrides.
 */
export type Note = string;
/**
 * A number of users.
 */
export type Count = number;
/**
 * Application data: any JSON value, nested at most 64 levels deep. In a binary frame it is left out of the header, and the payload stands for it.
 */
export type Body = unknown;
/**
 * The MIME type of `body`, for the receiver's information; the server never looks into it.
 */
export type Mime = string;
/**
 * The kind of signal; the application chooses the words.
 */
export type SignalKind = string;
/**
 * A credential, such as the `ticket` of an earlier `welcome`.
 */
export type Token = string;
/**
 * Where the next page starts. Opaque: copy it from the page before.
 */
export type Cursor = string;
/**
 * How many entries a page may have; 100 when left out.
 */
export type Limit = number;
/**
 * How long to wait before trying again, in milliseconds.
 */
export type Retry = number;
/**
 * The error as a word that never changes, for programs.
 */
export type ErrorCode =
  | 'invalid_json'
  | 'invalid_binary'
  | 'invalid_frame'
  | 'unknown_type'
  | 'unknown_command'
  | 'hello_not_first'
  | 'unsupported_version'
  | 'invalid_token'
  | 'forbidden'
  | 'not_joined'
  | 'too_many_rooms'
  | 'unknown_user'
  | 'ambiguous_name'
  | 'rate_limited'
  | 'unavailable'
  | 'internal';
/**
 * Why the server closes the connection.
 */
export type CloseReason = 'quit' | 'shutdown' | 'frame_too_big' | 'internal' | 'slow_reader' | 'flooding';
/**
 * Why messages are missing.
 */
export type GapReason = 'trimmed' | 'epoch' | 'damaged' | 'not_kept';

/**
 * A place in a room's messages: after the message with this number.
 */
export interface Position {
  epoch: Epoch;
  seq: Seq;
}
/**
 * A user, as others see it.
 */
export interface User {
  id: UserId;
  name: DisplayName;
}
/**
 * A user in a room (or on the server). `connections` counts the user's connections there; a broken one whose place is still kept counts as one.
 */
export interface Member {
  id: UserId;
  name: DisplayName;
  state: PresenceState;
  note?: Note;
  connections: number;
}
/**
 * A member whose name, state, note or number of connections has changed. `was` has the name and the state before, if they changed.
 */
export interface Change {
  id: UserId;
  name: DisplayName;
  state: PresenceState;
  note?: Note;
  connections: number;
  was?: {
    name?: DisplayName;
    state?: PresenceState;
  };
}
/**
 * A message as it was sent to the room. A body that is bytes stands in `base64`.
 */
export interface StoredMessage {
  type: 'message';
  room: Room;
  seq: Seq;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  prev?: number;
  /**
   * The id its sender gave it.
   */
  id?: string;
  from: User;
  at: Timestamp;
  body?: Body;
  mime?: Mime;
  /**
   * The body of a binary message, in Base64 (RFC 4648, section 4); then there is no `body`.
   */
  base64?: string;
}
/**
 * Replaces the token of this connection by a fresh one of the same user, without reconnecting.
 */
export interface ClientAuth {
  type: 'auth';
  token: Token;
  id?: RequestId;
}
/**
 * Sends something to every connection of the server, if the server allows broadcasts.
 */
export interface ClientBroadcast {
  type: 'broadcast';
  body: Body;
  mime?: Mime;
  id?: RequestId;
}
/**
 * Sends something to one user, on all of that user's connections and on the sender's other ones.
 */
export interface ClientDirect {
  type: 'direct';
  to: UserId;
  body: Body;
  mime?: Mime;
  id?: RequestId;
}
/**
 * Comes back unchanged: a way to test a client.
 */
export interface ClientEcho {
  type: 'echo';
  body: Body;
  mime?: Mime;
  id?: RequestId;
}
/**
 * Optional, and only as the first frame: sets the name, tells the protocol version of the client, or brings a token.
 */
export interface ClientHello {
  type: 'hello';
  name?: DisplayName;
  /**
   * The protocol version the client speaks.
   */
  version?: number;
  token?: Token;
  id?: RequestId;
}
/**
 * Asks for a page of a room's messages: those before a number, those after one or, with neither, the latest ones. The connection must be in the room.
 */
export interface ClientHistory {
  type: 'history';
  room: Room;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  before?: number;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  after?: number;
  /**
   * How many messages the page may have; 100 if left out. Large messages may make it fewer.
   */
  limit?: number;
  id?: RequestId;
}
/**
 * Enters a room. After the answer come the messages that were asked for, and then new ones. Joining again, with neither `since` nor `last`, is answered again and changes nothing else.
 */
export interface ClientJoin {
  type: 'join';
  room: Room;
  since?: Position;
  /**
   * How many of the latest messages to send first; not with `since`. Large messages may make it fewer.
   */
  last?: number;
  id?: RequestId;
}
/**
 * Leaves a room.
 */
export interface ClientLeave {
  type: 'leave';
  room: Room;
  id?: RequestId;
}
/**
 * Asks for the users in a room the connection has joined or, without a room, on the server, in pages.
 */
export interface ClientList {
  type: 'list';
  room?: Room;
  cursor?: Cursor;
  limit?: Limit;
  id?: RequestId;
}
/**
 * Sends a message to a room the connection has joined. Everyone in the room gets it.
 */
export interface ClientMessage {
  type: 'message';
  /**
   * The name of a room: 1 to 128 characters (Unicode code points), without spaces, control characters and invisible ones. Names are compared code point by code point.
   */
  room?: string;
  body: Body;
  mime?: Mime;
  /**
   * false spares this connection its own message.
   */
  echo?: boolean;
  id?: RequestId;
}
/**
 * Changes the user's display name, in all rooms and on all the user's connections.
 */
export interface ClientName {
  type: 'name';
  name: DisplayName;
  id?: RequestId;
}
/**
 * Asks for the server's time. It is never needed to stay connected: the server sends WebSocket pings.
 */
export interface ClientPing {
  type: 'ping';
  id?: RequestId;
}
/**
 * Asks for the open rooms, in pages ordered by name.
 */
export interface ClientRooms {
  type: 'rooms';
  /**
   * Only rooms whose name starts with this.
   */
  prefix?: string;
  cursor?: Cursor;
  limit?: Limit;
  id?: RequestId;
}
/**
 * Sends something that matters only now (typing, a cursor, an offer of a WebRTC call) to a room or to one user. Signals are not numbered, not kept, and the first to be dropped for a slow reader.
 */
export interface ClientSignal {
  type: 'signal';
  room?: Room;
  to?: UserId;
  kind: SignalKind;
  body?: Body;
  mime?: Mime;
  id?: RequestId;
}
/**
 * Sets the user's presence state. A state without a note removes the old note.
 */
export interface ClientStatus {
  type: 'status';
  state: PresenceState;
  note?: Note;
  id?: RequestId;
}
/**
 * The request with this `id` has been carried out. For a message it means that the message is kept, and tells its number.
 */
export interface ServerAck {
  type: 'ack';
  id: RequestId;
  room?: Room;
  epoch?: Epoch;
  seq?: Seq;
  at: Timestamp;
}
/**
 * A broadcast of some user to every connection of the server.
 */
export interface ServerBroadcast {
  type: 'broadcast';
  from: User;
  at: Timestamp;
  body: Body;
  mime?: Mime;
}
/**
 * A direct message to this user, or from this user on another connection.
 */
export interface ServerDirect {
  type: 'direct';
  to: UserId;
  from: User;
  at: Timestamp;
  body: Body;
  mime?: Mime;
  /**
   * Chosen by the client; the answer or the error carries it back. The `id` of a message also names the message.
   */
  id?: string;
}
/**
 * The body of an `echo`, as it came.
 */
export interface ServerEcho {
  type: 'echo';
  body: Body;
  mime?: Mime;
  id?: RequestId;
}
/**
 * A request was refused. The connection stays open.
 */
export interface ServerError {
  type: 'error';
  code: ErrorCode;
  /**
   * The same in words, for a person.
   */
  message: string;
  /**
   * Where in the refused frame it lies, as a JSON Pointer (RFC 6901).
   */
  path?: string;
  retry?: Retry;
  id?: RequestId;
}
/**
 * Messages of a room that this connection should get are missing: the numbers `from` to `to`. Without numbers (`why` is `epoch`) the client's position is of another numbering, and nobody can tell how much it missed.
 */
export interface ServerGap {
  type: 'gap';
  room: Room;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  from?: number;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  to?: number;
  why: GapReason;
}
/**
 * The server is about to close the connection.
 */
export interface ServerGoodbye {
  type: 'goodbye';
  /**
   * The close code that follows.
   */
  code: number;
  why: CloseReason;
  /**
   * The same in words, for a person.
   */
  message: string;
  /**
   * How long to wait before trying again, in milliseconds.
   */
  retry?: number;
}
/**
 * A page of a room's messages, the oldest first.
 */
export interface ServerHistory {
  type: 'history';
  room: Room;
  /**
   * Names a numbering of the room. In another epoch the numbers start anew, and cannot be compared with these.
   */
  epoch: string;
  /**
   * The page. Where `prev` does not fit the message before it, messages are missing.
   */
  messages: StoredMessage[];
  /**
   * Whether the room has more of them in the direction that was asked for.
   */
  more: boolean;
  id?: RequestId;
}
/**
 * The connection is in the room now. `members` is the whole list, and is left out if the room reports counts only.
 */
export interface ServerJoined {
  type: 'joined';
  room: Room;
  epoch: Epoch;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  seq: number;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  after?: number;
  /**
   * Answers `since`: whether everything after it follows. If not, `gap` comes next.
   */
  recovered?: boolean;
  /**
   * How many users are in the room.
   */
  count: number;
  /**
   * Everyone in the room, this user included.
   */
  members?: Member[];
  id?: RequestId;
}
/**
 * The connection is no longer in the room.
 */
export interface ServerLeft {
  type: 'left';
  room: Room;
  id?: RequestId;
}
/**
 * A page of the users in a room or, without `room`, on the server. If the client did not ask for it (there is no `id`), it is the whole list of a room that was too large for lists and no longer is: it replaces what the client has.
 */
export interface ServerMembers {
  type: 'members';
  room?: Room;
  /**
   * How many there are in all.
   */
  count: number;
  /**
   * This page, ordered by user id.
   */
  members: Member[];
  /**
   * Where the next page starts. Opaque: copy it from the page before.
   */
  cursor?: string;
  id?: RequestId;
}
/**
 * A message in a room. It follows the one before it without a gap when `seq` is one more than that one's, or when `prev` is that one's `seq`.
 */
export interface ServerMessage {
  type: 'message';
  room: Room;
  seq: Seq;
  /**
   * The number of a message in its room and epoch. The first message has 1; 0 means none yet.
   */
  prev?: number;
  /**
   * Chosen by the client; the answer or the error carries it back. The `id` of a message also names the message.
   */
  id?: string;
  from: User;
  at: Timestamp;
  body: Body;
  mime?: Mime;
}
/**
 * The answer to `ping`.
 */
export interface ServerPong {
  type: 'pong';
  at: Timestamp;
  id?: RequestId;
}
/**
 * What changed among a room's users since the last one: many arrivals and departures in one frame. Entries of `joins` and `changes` replace what the client has of that user; entries of `leaves` remove it. A frame with `count` alone says that the room is too large for lists: forget the members, keep the count.
 */
export interface ServerPresence {
  type: 'presence';
  room: Room;
  /**
   * How many users are in the room now.
   */
  count: number;
  /**
   * The users that came.
   */
  joins?: Member[];
  /**
   * The users that left.
   */
  leaves?: User[];
  /**
   * The users whose name, state, note or number of connections changed.
   */
  changes?: Change[];
}
/**
 * A page of the open rooms, ordered by name.
 */
export interface ServerRooms {
  type: 'rooms';
  /**
   * This page.
   */
  rooms: {
    room: Room;
    count: Count;
  }[];
  /**
   * Where the next page starts. Opaque: copy it from the page before.
   */
  cursor?: string;
  id?: RequestId;
}
/**
 * A signal of another connection, to a room (`room`) or to this user alone.
 */
export interface ServerSignal {
  type: 'signal';
  room?: Room;
  from: User;
  kind: SignalKind;
  body?: Body;
  mime?: Mime;
}
/**
 * The first frame on a connection. It tells the client which user it is, and what it may do.
 */
export interface ServerWelcome {
  type: 'welcome';
  /**
   * Names this connection, for logs and questions to the operator.
   */
  connection: string;
  user: User1;
  /**
   * The server's name and version.
   */
  server: {
    name: string;
    version: string;
  };
  /**
   * The protocol version the server speaks.
   */
  protocol: number;
  /**
   * The limits of this connection: the longest frame in bytes, the number of rooms, and the rates of frames and bytes (left out if there is no limit).
   */
  limits: {
    frame: number;
    rooms: number;
    /**
     * Frames per second, and how many at once.
     */
    frames?: {
      perSecond: number;
      burst: number;
    };
    /**
     * Bytes per second, and how many at once.
     */
    bytes?: {
      perSecond: number;
      burst: number;
    };
  };
  /**
   * The rooms this connection is in, or is about to be in without asking: a `joined` follows for each.
   */
  rooms: Room[];
  /**
   * After how many milliseconds of silence the server closes a connection. WebSocket pings come in time to prevent it.
   */
  heartbeat: number;
  /**
   * A credential, such as the `ticket` of an earlier `welcome`.
   */
  ticket: string;
  id?: RequestId;
}
/**
 * A user, as others see it.
 */
export interface User1 {
  id: UserId;
  name: DisplayName;
}

/** Any frame a client may send. */
export type ClientFrame =
  | ClientAuth
  | ClientBroadcast
  | ClientDirect
  | ClientEcho
  | ClientHello
  | ClientHistory
  | ClientJoin
  | ClientLeave
  | ClientList
  | ClientMessage
  | ClientName
  | ClientPing
  | ClientRooms
  | ClientSignal
  | ClientStatus;

/** Any frame the server may send. */
export type ServerFrame =
  | ServerAck
  | ServerBroadcast
  | ServerDirect
  | ServerEcho
  | ServerError
  | ServerGap
  | ServerGoodbye
  | ServerHistory
  | ServerJoined
  | ServerLeft
  | ServerMembers
  | ServerMessage
  | ServerPong
  | ServerPresence
  | ServerRooms
  | ServerSignal
  | ServerWelcome;
