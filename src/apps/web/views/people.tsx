/** The members of a room. */
import type { Member } from '../../../protocol/generated/frames.ts';
import { alikeIn } from '../state/alike.ts';
import type { Conversation } from '../state/state.ts';
import { cleanName } from '../state/text.ts';
import { Avatar, stateOf, Tag } from './avatar.tsx';
import { Icon } from './icons.tsx';
import { count } from './words.ts';

export interface PeopleProps {
  readonly conversation: Conversation;
  readonly myId: string | undefined;
  readonly onOpen: (member: Member) => void;
}

/** Available users come first. */
const order = { online: 0, busy: 1, away: 2 };

export function People({ conversation, myId, onOpen }: PeopleProps) {
  const { members, count: people } = conversation;
  const alike = alikeIn(conversation);
  const sorted = [...(members ?? [])].sort(
    (one, other) => order[one.state] - order[other.state] || one.name.localeCompare(other.name),
  );
  return (
    <>
      <h2>{count(people, 'person', 'people')}</h2>
      {members ? (
        <ul>
          {sorted.map((member) => (
            <li key={member.id}>
              <Person member={member} tag={alike.tag(member)} isMe={member.id === myId} onOpen={onOpen} />
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted hint">There are too many to list.</p>
      )}
    </>
  );
}

interface PersonProps {
  readonly member: Member;
  readonly tag: string | undefined;
  readonly isMe: boolean;
  readonly onOpen: (member: Member) => void;
}

function Person({ member, tag, isMe, onOpen }: PersonProps) {
  const { id, state, note, connections } = member;
  const name = cleanName(member.name);
  const inside = (
    <>
      <Avatar id={id} name={name} state={state} />
      <span class="person-words">
        <span class="person-name">
          <bdi>{name}</bdi>
          <Tag tag={tag} />
          {isMe && <span class="muted"> (you)</span>}
        </span>
        <span class="muted person-state">
          <span class={state === 'online' && note ? 'hidden' : ''}>{stateOf(state)}</span>
          {note && (
            <>
              <span class={state === 'online' ? 'hidden' : ''}> · </span>
              <bdi>{cleanName(note)}</bdi>
            </>
          )}
        </span>
      </span>
      {connections > 1 && (
        <span class="devices">
          <Icon name="devices" />
          {connections}
          <span class="hidden"> devices</span>
        </span>
      )}
    </>
  );
  if (isMe) return <div class="person">{inside}</div>;
  return (
    <button type="button" class="person" title={`Write to ${name}`} onClick={() => onOpen({ ...member, name })}>
      {inside}
      <span class="hidden">, write a direct message</span>
    </button>
  );
}
