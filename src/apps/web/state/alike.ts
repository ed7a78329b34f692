/** Users whose names look alike, among those that are shown. */
import type { Member } from '../../../protocol/generated/frames.ts';
import { Lookalikes } from '../../../protocol/lookalikes.ts';
import { type Conversation, type Entry, isRoom, nameIn } from './state.ts';

const known = new WeakMap<readonly Entry[], { readonly members: readonly Member[] | undefined; alike: Lookalikes }>();

/** In a conversation: its members, and the authors of messages, who count with their latest names. */
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

/** Among the partners of direct messages, and the members of the rooms. */
export function alikeAmong(conversations: Iterable<Conversation>): Lookalikes {
  const alike = new Lookalikes();
  for (const { key, name, members } of conversations) {
    for (const member of members ?? []) alike.add(member);
    if (!isRoom(key)) alike.add({ id: nameIn(key), name });
  }
  return alike;
}
