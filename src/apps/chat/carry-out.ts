/** Carries out the commands. */
import { HubbubError } from '../../client/error.ts';
import { actionMark, binaryMime, type Command, help } from '../../protocol/commands.ts';
import type { Member } from '../../protocol/generated/frames.ts';
import { Lookalikes } from '../../protocol/lookalikes.ts';
import { respelled, shown } from '../../protocol/names.ts';
import type { Chat, OpenRoom } from './chat.ts';
import { FileError, readFile } from './files.ts';
import { amount, byteCount, inARow, stateWords } from './words.ts';

/**
 * Carries out a command. Every failure is shown.
 * @returns whether it worked; for a message, once the server has taken it. `quit` is left to the caller.
 */
export async function carryOut(command: Command, chat: Chat): Promise<boolean> {
  try {
    return await perform(command, chat);
  } catch (error) {
    if (!(error instanceof HubbubError || error instanceof FileError || error instanceof Mistake)) throw error;
    chat.notice(error.message, 'error');
    return false;
  }
}

/** The command cannot be carried out as it was typed; the message is for the person. */
class Mistake extends Error {
  override readonly name = 'Mistake';
}

async function perform(command: Command, chat: Chat): Promise<boolean> {
  const { hub } = chat;
  switch (command.kind) {
    case 'say':
      return chat.say(here(chat), command.text);
    case 'me':
      return chat.say(here(chat), actionMark + command.action);
    case 'binary':
      return chat.say(here(chat), new TextEncoder().encode(command.text), binaryMime);
    case 'file':
      return sendFile(command.path, chat);
    case 'save': {
      const { number, path, force } = command;
      chat.notice(`${path}: ${byteCount(chat.received.save(number, path, force))} written`);
      return true;
    }
    case 'name':
      await hub.rename(command.name);
      return true;
    case 'join':
      await chat.join(command.room, command.look);
      return true;
    case 'leave':
      await chat.leave(command.room === undefined ? here(chat) : joined(command.room, chat));
      return true;
    case 'msg':
      return direct(command.to, command.text, chat);
    case 'broadcast':
      await hub.broadcast(command.text);
      return true;
    case 'status':
      await hub.status(command.state, command.note);
      chat.notice(`you are ${stateWords(command)}`);
      return true;
    case 'ping':
      chat.notice(`pong: ${Math.max(1, Math.round(await hub.ping()))} ms to the server and back`);
      return true;
    case 'rooms':
      return rooms(command.prefix, chat);
    case 'who':
      return who(command.room === undefined ? here(chat) : joined(command.room, chat), chat);
    case 'everyone':
      chat.notice(roster('the server', await hub.list(), chat));
      return true;
    case 'history':
      await chat.history(here(chat), command.count);
      return true;
    case 'help':
      chat.notice(help('terminal'));
      return true;
    case 'wrong':
      throw new Mistake(command.reason);
    case 'quit':
      return true;
  }
}

function here({ current }: Chat): OpenRoom {
  if (!current) throw new Mistake('you are in no room: /join <room> enters one');
  return current;
}

function joined(name: string, { rooms }: Chat): OpenRoom {
  const open = rooms.find((room) => room.name === name);
  if (!open) throw new Mistake(`you are not in ${shown(name)}`);
  return open;
}

async function sendFile(path: string, chat: Chat): Promise<boolean> {
  const room = here(chat);
  const { body, mime } = readFile(path);
  chat.notice(`sending ${path} (${byteCount(body.length)})`, 'info');
  return chat.say(room, body, mime);
}

async function direct(name: string, text: string, chat: Chat): Promise<boolean> {
  const [user, ...others] = await chat.people.find(name);
  if (!user) throw new Mistake(`there is nobody called ${respelled(name)}`);
  if (others.length > 0) {
    const found = [user, ...others];
    const alike = new Lookalikes(found);
    const names = found.map((one) => shown(one.name, alike.tag(one)));
    throw new Mistake(`${names.length} people are called ${shown(user.name)}; write to one: ${inARow(names)}`);
  }
  await chat.direct(user, text);
  return true;
}

async function rooms(prefix: string | undefined, chat: Chat): Promise<boolean> {
  const open = await chat.hub.rooms(prefix);
  const lines = open.map(({ room, count }) => {
    const isIn = chat.rooms.some(({ name }) => name === room);
    return `  ${shown(room)} (${amount(count, 'person')}${isIn ? ', you too' : ''})`;
  });
  chat.notice([`${amount(open.length, 'open room')}${lines.length > 0 ? ':' : ''}`, ...lines].join('\n'));
  return true;
}

async function who({ name, room }: OpenRoom, chat: Chat): Promise<boolean> {
  await room.entered;
  const { members, count } = room;
  chat.notice(
    members ? roster(shown(name), [...members.values()], chat) : `${shown(name)}: ${amount(count, 'person')}`,
  );
  return true;
}

function roster(place: string, members: readonly Member[], { hub }: Chat): string {
  const here = new Lookalikes(members);
  const entries = [...members]
    .sort((one, other) => one.name.localeCompare(other.name))
    .map((member) => `${shown(member.name, here.tag(member))}${remark(member, hub.user?.id)}`);
  return `${place}: ${amount(members.length, 'person')}: ${inARow(entries, 200)}`;
}

function remark({ id, state, note, connections }: Member, self: string | undefined): string {
  const remarks = [
    ...(id === self ? ['you'] : []),
    ...(state === 'online' && note === undefined ? [] : [stateWords({ state, ...(note !== undefined && { note }) })]),
    ...(connections > 1 ? [`${connections} devices`] : []),
  ];
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
}
