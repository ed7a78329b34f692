/** Arrivals and departures, gathered into one line until the next message. */
import type { Presence } from '../../../client/api.ts';
import type { User } from '../../../protocol/generated/frames.ts';
import type { Move, PeopleEntry } from './state.ts';

/** How a line changes when a user in it moves again. */
const afterwards: Record<'join' | 'leave', Partial<Record<Move['what'], Move['what']>>> = {
  join: { left: 'came back', 'joined and left': 'joined' },
  leave: { joined: 'joined and left', 'came back': 'left', renamed: 'left' },
};

/** @param me the user who is left out. */
export function movesOf(moves: readonly Move[], { joins, leaves, changes }: Presence, me: User | undefined): Move[] {
  const all = new Map(moves.map((move) => [move.id, move]));
  const add = ({ id, name }: User, what: 'join' | 'leave') => {
    if (id === me?.id) return;
    const before = all.get(id);
    const now = before && afterwards[what][before.what];
    all.delete(id);
    all.set(id, { id, name, what: now ?? (what === 'join' ? 'joined' : 'left') });
  };
  for (const user of joins) add(user, 'join');
  for (const user of leaves) add(user, 'leave');
  for (const { member, was } of changes) {
    if (member.name === was.name || member.id === me?.id) continue;
    const before = all.get(member.id);
    const was0 = before?.was ?? was.name;
    all.set(member.id, { id: member.id, name: member.name, was: was0, what: before?.what ?? 'renamed' });
  }
  return [...all.values()];
}

/** How many users are named; the others are counted. */
const named = 3;

/** `ada and bob joined; carol left` */
export function wordsFor({ moves }: PeopleEntry): string {
  const parts: string[] = [];
  for (const what of ['joined', 'came back', 'joined and left', 'left'] as const) {
    const names = moves.filter((move) => move.what === what).map(({ name }) => name);
    if (names.length > 0) parts.push(`${listOf(names)} ${what}`);
  }
  for (const { name, was } of moves) {
    if (was !== undefined && was !== name) parts.push(`${was} is now called ${name}`);
  }
  return parts.join('; ');
}

/** `ada`, `ada and bob`, `ada, bob, carol and 4 others` */
export function listOf(names: readonly string[]): string {
  if (names.length > named + 1) return `${names.slice(0, named).join(', ')} and ${names.length - named} others`;
  const [last = ''] = names.slice(-1);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
}
