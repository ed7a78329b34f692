/** Whose names look alike, among those of whom something is shown. */
import type { Member } from '../../../protocol/generated/frames.ts';
import { Lookalikes } from '../../../protocol/lookalikes.ts';
import { type Conversation, type Entry, isRoom, nameIn } from './state.ts';

const known = new WeakMap<readonly Entry[], { readonly members: readonly Member[] | undefined; alike: Lookalikes }>();

/** In a conversation: those who are there, and those who have said something, the latest under the name of today. */
export function alikeIn({ entries, members }: Conversation): Lookalikes {
  const before = known.get(entries);
  if (before && before.members === members) return before.alike;
  const names = new Map<string, string>();
  for (const entry of entries) if (entry.kind === 'message') names.set(entry.from.id, entry.from.name);
  for (const { id, name } of members ?? []) names.set(id, name);
  const alike = new Lookalikes(Array.from(names, ([id, name]) => ({ id, name })));
  known.set(entries, { members, alike });
  return alike;
}

/** Among those one talks with alone, and those in the rooms. */
export function alikeAmong(conversations: Iterable<Conversation>): Lookalikes {
  const alike = new Lookalikes();
  for (const { key, name, members } of conversations) {
    for (const member of members ?? []) alike.add(member);
    if (!isRoom(key)) alike.add({ id: nameIn(key), name });
  }
  return alike;
}
