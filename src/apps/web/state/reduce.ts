/** Applies events to the state of the page. Pure. */
import type {
  Broadcast,
  Direct,
  Gap,
  HubState,
  Joined,
  Message,
  OpenRoom,
  Page,
  Presence,
} from '../../../client/api.ts';
import type { Member, Position, User } from '../../../protocol/generated/frames.ts';
import { contentOf } from './content.ts';
import type { Circumstances } from './conversation.ts';
import * as conversations from './conversation.ts';
import {
  type Connection,
  type Conversation,
  isRoom,
  type Key,
  type MessageEntry,
  type Outgoing,
  type State,
} from './state.ts';

/** `at` is in milliseconds since 1970, and shown; `time` is on a clock that does not jump, and measures durations. */
export type Happening =
  // The connection.
  | { type: 'connection'; state: HubState; time: number; retry?: number; why?: string }
  | { type: 'user'; user: User }
  | { type: 'limit'; frame: number }
  // Events of a room.
  | { type: 'joined'; key: Key; joined: Joined; members: readonly Member[] | undefined; time: number }
  | { type: 'message'; key: Key; message: Message; at: number }
  | { type: 'gap'; key: Key; gap: Gap }
  | { type: 'presence'; key: Key; presence: Presence; members: readonly Member[] | undefined; at: number }
  | { type: 'page'; key: Key; page: Page }
  | { type: 'not paged'; key: Key }
  | { type: 'barred'; key: Key; why: string }
  | { type: 'gone'; key: Key }
  // Messages to this user.
  | { type: 'direct'; direct: Direct; at: number }
  | { type: 'broadcast'; broadcast: Broadcast; at: number }
  | { type: 'typing'; key: Key; user: User; time: number }
  | { type: 'rooms'; rooms: readonly OpenRoom[] }
  // Actions on the page.
  | { type: 'entering'; key: Key; read?: Position | undefined; name?: string }
  | { type: 'open'; key: Key | undefined }
  | { type: 'paging'; key: Key }
  | { type: 'sending'; key: Key; outgoing: Outgoing }
  | { type: 'sent'; key: Key; id: string; at: number }
  | { type: 'refused'; key: Key; id: string; why: string }
  | { type: 'discard'; key: Key; id: string }
  | { type: 'attention'; visible?: boolean; atEnd?: boolean }
  | { type: 'notice'; text: string }
  | { type: 'dismiss'; id: string }
  | { type: 'tick'; time: number };

export function reduce(state: State, happening: Happening): State {
  switch (happening.type) {
    case 'connection':
      return { ...state, connection: connectionAfter(state.connection, happening) };
    case 'user':
      return { ...state, me: conversations.named(happening.user) };
    case 'limit':
      return { ...state, frameLimit: happening.frame };
    case 'joined': {
      const { key, joined, members, time } = happening;
      const { back } = state.connection;
      // A room may also be entered anew while the connection lasts.
      const away = back && time - back.time < resumeTime ? back.away : undefined;
      return change(counted(state), key, (one, { newKey }) => conversations.joined(one, joined, members, away, newKey));
    }
    case 'message':
      return changeAt(state, happening, (one, where) => conversations.received(one, happening.message, where));
    case 'gap':
      return change(counted(state), happening.key, (one, { newKey }) =>
        conversations.missed(one, happening.gap, newKey),
      );
    case 'presence': {
      const { presence, members } = happening;
      return changeAt(counted(state), happening, (one, where) => conversations.moved(one, presence, members, where));
    }
    case 'page':
      return change(state, happening.key, (one) => conversations.paged(one, happening.page));
    case 'not paged':
      return change(state, happening.key, (one) => ({ ...one, older: 'failed' }));
    case 'paging':
      return change(state, happening.key, (one) => ({ ...one, older: 'loading' }));
    case 'barred':
      return change(state, happening.key, (one) => ({ ...one, phase: 'refused', why: happening.why }));
    case 'gone':
      return gone(state, happening.key);
    case 'direct':
      return direct(state, happening);
    case 'broadcast':
      return broadcast(state, happening);
    case 'typing':
      if (happening.user.id === state.me?.id) return state;
      return change(state, happening.key, (one) => conversations.typed(one, happening.user, happening.time));
    case 'rooms':
      return { ...state, open: happening.rooms };
    case 'entering':
      return entering(state, happening);
    case 'open':
      return opened(state, happening.key);
    case 'sending':
      return change(state, happening.key, (one) => conversations.sending(one, happening.outgoing));
    case 'sent':
      return sent(state, happening);
    case 'refused':
      return change(state, happening.key, (one) => conversations.refused(one, happening.id, happening.why));
    case 'discard':
      return change(state, happening.key, (one) => conversations.settled(one, happening.id));
    case 'attention':
      return attended(state, happening);
    case 'notice': {
      const notice = { id: `notice ${state.counter}`, text: happening.text };
      return { ...counted(state), notices: [...state.notices.slice(1 - mostNotices), notice] };
    }
    case 'dismiss':
      return { ...state, notices: state.notices.filter(({ id }) => id !== happening.id) };
    case 'tick':
      return changeAll(state, (one) => conversations.expired(one, happening.time));
  }
}

const mostNotices = 3;

/** How long after a reconnection an entered room counts as resumed by it, in milliseconds. */
const resumeTime = 30_000;

function connectionAfter(
  before: Connection,
  { state, time, retry, why }: Extract<Happening, { type: 'connection' }>,
): Connection {
  const { lostAt } = before;
  switch (state) {
    case 'online':
      return { state, ...(lostAt !== undefined && { back: { time, away: time - lostAt } }) };
    case 'connecting':
      return { state, ...(lostAt !== undefined && { lostAt }) };
    case 'offline':
    case 'closed': {
      const lost = before.state === 'online' ? time : lostAt;
      return {
        state,
        ...(lost !== undefined && { lostAt: lost }),
        ...(retry !== undefined && { retryAt: time + retry }),
        ...(why !== undefined && { why }),
      };
    }
  }
}

function entering(state: State, { key, read, name }: Extract<Happening, { type: 'entering' }>): State {
  const before = state.conversations.get(key);
  // A room that was refused may be tried again.
  if (before && before.phase !== 'refused') return state;
  const created = before ?? conversations.createConversation(key, read);
  const conversation: Conversation = {
    ...created,
    phase: isRoom(key) ? 'joining' : 'open',
    ...(name !== undefined && { name }),
  };
  return { ...state, conversations: new Map(state.conversations).set(key, conversation) };
}

function gone(state: State, key: Key): State {
  const rest = new Map(state.conversations);
  rest.delete(key);
  return { ...state, conversations: rest, active: state.active === key ? undefined : state.active };
}

/** The conversation that was shown before no longer needs its line above the new messages. */
function opened(state: State, key: Key | undefined): State {
  if (key === state.active) return state;
  const left = state.active === undefined ? state : change(state, state.active, (one) => ({ ...one, mark: undefined }));
  return look({ ...left, active: key, attention: { ...left.attention, atEnd: false } });
}

function attended(state: State, { visible, atEnd }: Extract<Happening, { type: 'attention' }>): State {
  const attention = { visible: visible ?? state.attention.visible, atEnd: atEnd ?? state.attention.atEnd };
  return look({ ...state, attention });
}

/** Marks the visible conversation as read. */
function look(state: State): State {
  const { active, attention } = state;
  if (active === undefined || !attention.visible || !attention.atEnd) return state;
  return change(state, active, conversations.looked);
}

function direct(state: State, { direct, at }: Extract<Happening, { type: 'direct' }>): State {
  const isOwn = direct.from.id === state.me?.id;
  const other = isOwn ? direct.to : direct.from.id;
  const key: Key = `@${other}`;
  const entry: MessageEntry = {
    kind: 'message',
    key: `direct ${state.counter}`,
    position: undefined,
    at: direct.at,
    from: conversations.named(direct.from),
    content: contentOf(direct.body, direct.mime),
  };
  const name = isOwn ? nameOf(state, other) : entry.from.name;
  const known = entering(counted(state), { type: 'entering', key, name });
  return changeAt(known, { key, at }, (one, where) => ({
    ...conversations.told(one, entry, where),
    ...(!isOwn && { name }),
  }));
}

/** A broadcast is shown in the visible conversation. */
function broadcast(state: State, { broadcast, at }: Extract<Happening, { type: 'broadcast' }>): State {
  const key = state.active ?? [...state.conversations.keys()][0];
  if (key === undefined) return state;
  const entry: MessageEntry = {
    kind: 'message',
    key: `broadcast ${state.counter}`,
    position: undefined,
    at: broadcast.at,
    from: conversations.named(broadcast.from),
    content: contentOf(broadcast.body, broadcast.mime),
    isBroadcast: true,
  };
  return changeAt(counted(state), { key, at }, (one, where) => conversations.told(one, entry, where));
}

/** A message to a room comes back from the server; a direct one does not. */
function sent(state: State, { key, id, at }: Extract<Happening, { type: 'sent' }>): State {
  const outgoing = state.conversations.get(key)?.outbox.find((one) => one.id === id);
  const settle = (one: Conversation) => conversations.settled(one, id);
  if (!outgoing || !state.me || isRoom(key)) return change(state, key, settle);
  const { content } = outgoing;
  const entry: MessageEntry = {
    kind: 'message',
    key: `direct ${id}`,
    position: undefined,
    at,
    from: state.me,
    content,
  };
  return changeAt(state, { key, at }, (one, where) => conversations.told(settle(one), entry, where));
}

/** The latest known name of a user. */
export function nameOf(state: State, id: string): string {
  for (const { members } of state.conversations.values()) {
    const member = members?.find((one) => one.id === id);
    if (member) return conversations.named(member).name;
  }
  return state.conversations.get(`@${id}`)?.name ?? id;
}

function counted(state: State): State {
  return { ...state, counter: state.counter + 1 };
}

type Change = (conversation: Conversation, where: Circumstances) => Conversation;

function change(state: State, key: Key, how: Change): State {
  return changeAt(state, { key, at: 0 }, how);
}

function changeAt(state: State, { key, at: now }: { key: Key; at: number }, how: Change): State {
  const before = state.conversations.get(key);
  if (!before) return state;
  const { me, active, attention } = state;
  const isRead = active === key && attention.visible && attention.atEnd;
  const mayTrim = active !== key || attention.atEnd;
  const after = how(before, { me, isRead, mayTrim, now, newKey: `entry ${state.counter}` });
  return after === before ? state : { ...state, conversations: new Map(state.conversations).set(key, after) };
}

function changeAll(state: State, how: (conversation: Conversation) => Conversation): State {
  const all = Array.from(state.conversations, ([key, one]) => [key, how(one)] as const);
  const isSame = all.every(([key, one]) => one === state.conversations.get(key));
  return isSame ? state : { ...state, conversations: new Map(all) };
}
