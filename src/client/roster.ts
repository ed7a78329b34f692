import type { Member, ServerPresence } from '../protocol/generated/frames.ts';
import type { MemberChange, Presence } from './api.ts';

/** The members of a room: a replica that follows the four rules of PROTOCOL.md, "Presence", and reports changes. */
export class Roster {
  /** undefined if only the count is known. */
  members: Map<string, Member> | undefined;
  count = 0;

  /** Takes the whole list, or undefined if there is none. */
  replace(members: readonly Member[] | undefined, count: number): Presence {
    const before = this.members;
    if (!before || !members) {
      this.members = members && new Map(members.map((member) => [member.id, member]));
      return this.#apply(undefined, [], [], count);
    }
    const present = new Set(members.map(({ id }) => id));
    const gone = [...before.values()].filter(({ id }) => !present.has(id));
    return this.#apply(before, members, gone, count);
  }

  update({ joins, leaves, changes, count }: ServerPresence): Presence {
    if (!joins && !leaves && !changes) this.members = undefined;
    const here = [...(joins ?? []), ...(changes ?? []).map(({ was: _, ...member }) => member)];
    return this.#apply(this.members, here, leaves ?? [], count);
  }

  #apply(
    members: Map<string, Member> | undefined,
    here: readonly Member[],
    gone: readonly { readonly id: string }[],
    count: number,
  ): Presence {
    this.count = count;
    const joins: Member[] = [];
    const changes: MemberChange[] = [];
    const leaves = gone.flatMap(({ id }) => members?.get(id) ?? []);
    for (const { id } of leaves) members?.delete(id);
    for (const member of members ? here : []) {
      const was = members?.get(member.id);
      members?.set(member.id, member);
      if (!was) joins.push(member);
      else if (!isEqual(member, was)) changes.push({ member, was });
    }
    return { count, joins, leaves, changes };
  }
}

function isEqual(a: Member, b: Member): boolean {
  return a.name === b.name && a.state === b.state && a.note === b.note && a.connections === b.connections;
}
