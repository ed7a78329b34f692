/** Carries out the commands of the page. */
import type { Hub } from '../../../client/connect.ts';
import { actionMark, binaryMime, type Command, readCommand } from '../../../protocol/commands.ts';
import type { Member, User } from '../../../protocol/generated/frames.ts';
import { Lookalikes } from '../../../protocol/lookalikes.ts';
import { addressed, respelled, shown } from '../../../protocol/names.ts';
import type { Conversation, Key, State } from '../state/state.ts';
import type { Session } from './session.ts';

/** The functions of the page that commands use. */
export interface Page {
  readonly session: Session;
  readonly state: () => State;
  /** The conversation where it was typed. */
  readonly key: Key;
  readonly open: (key: Key, name?: string) => void;
  readonly leave: (key: Key) => void;
  readonly say: (key: Key, body: string | Uint8Array, mime?: string) => void;
  readonly help: () => void;
}

/**
 * Carries out a typed command.
 * @throws Error with a message for a person, if that fails.
 */
export function carryOut(typed: string, page: Page): Promise<void> {
  return perform(readCommand(typed.trimEnd(), 'page'), page);
}

async function perform(command: Command, page: Page): Promise<void> {
  const { session, key } = page;
  const { hub } = session;
  switch (command.kind) {
    case 'say':
      return page.say(key, command.text);
    case 'me':
      return page.say(key, actionMark + command.action);
    case 'binary':
      return page.say(key, new TextEncoder().encode(command.text), binaryMime);
    case 'join':
      return page.open(`#${command.room}`);
    case 'leave': {
      const { room } = command;
      return page.leave(room === undefined ? key : conversation(page, `#${room}`).key);
    }
    case 'name':
      return session.rename(command.name);
    case 'status':
      return session.status(command.state, command.note ?? '');
    case 'msg':
      return direct(command.to, command.text, page);
    case 'broadcast':
      return hub.broadcast(command.text).then(() => undefined);
    case 'who': {
      const { name, members, count } = conversation(page, command.room === undefined ? key : `#${command.room}`);
      return session.tell(members ? roster(shown(name), members) : `${shown(name)}: ${count} people`);
    }
    case 'everyone':
      return session.tell(roster('The server', await hub.list()));
    case 'rooms': {
      const rooms = await hub.rooms(command.prefix);
      return session.tell(`Rooms: ${rooms.map(({ room, count }) => `${shown(room)} (${count})`).join(', ') || 'none'}`);
    }
    case 'history':
      return session.older(key);
    case 'ping':
      return session.tell(`Pong: ${Math.max(1, Math.round(await hub.ping()))} ms to the server and back`);
    case 'help':
      return page.help();
    case 'wrong':
      throw new Error(command.reason);
    case 'file':
    case 'save':
    case 'quit':
      throw new Error(`there is no /${command.kind} here`);
  }
}

function conversation({ state }: Page, key: Key): Conversation {
  const found = state().conversations.get(key);
  if (!found) throw new Error(`you are not in ${shown(key.slice(1))}`);
  return found;
}

/** Shows the conversation with the receiver, so that one sees where the message went. */
async function direct(to: string, text: string, page: Page): Promise<void> {
  const [user, ...others] = await find(to, page.state(), page.session.hub);
  if (!user) throw new Error(`there is nobody called ${respelled(to)}`);
  if (others.length > 0) {
    const found = [user, ...others];
    const alike = new Lookalikes(found);
    throw new Error(`several people have that name: ${found.map((one) => shown(one.name, alike.tag(one))).join(', ')}`);
  }
  page.open(`@${user.id}`, user.name);
  page.say(`@${user.id}`, text);
}

async function find(to: string, { conversations }: State, hub: Hub): Promise<User[]> {
  const known = [...conversations.values()].flatMap(({ key, name, members }): readonly User[] => {
    return key.startsWith('#') ? (members ?? []) : [{ id: key.slice(1), name }];
  });
  const here = addressed(new Map(known.map((user) => [user.id, user])).values(), to);
  return here.length > 0 ? here : addressed(await hub.list(), to);
}

function roster(place: string, members: readonly Member[]): string {
  const alike = new Lookalikes(members);
  return `${place}: ${members.map((member) => shown(member.name, alike.tag(member))).join(', ')}`;
}
