/** The sidebar: joined rooms, direct conversations, and open rooms to join. */
import { useRef, useState } from 'preact/hooks';
import type { Lookalikes } from '../../../protocol/lookalikes.ts';
import { hashOf } from '../connection/address.ts';
import { alikeAmong } from '../state/alike.ts';
import { type Conversation, isRoom, type Key, nameIn, type State } from '../state/state.ts';
import { cleanName } from '../state/text.ts';
import { Avatar, Tag } from './avatar.tsx';
import { Icon, Mark } from './icons.tsx';
import { count } from './words.ts';

export interface SidebarProps {
  readonly state: State;
  readonly onOpen: (key: Key) => void;
  readonly onMe: () => void;
}

/** The most rooms that are offered. */
const mostOffered = 30;

export function Sidebar({ state, onOpen, onMe }: SidebarProps) {
  const { conversations, active, open, me } = state;
  const all = [...conversations.values()].sort((one, other) => one.name.localeCompare(other.name));
  const rooms = all.filter(({ key }) => isRoom(key));
  const directs = all.filter(({ key }) => !isRoom(key));
  const alike = directs.length > 0 ? alikeAmong(all) : undefined;
  const offered = open.filter(({ room }) => !conversations.has(`#${room}`));
  return (
    <>
      <div class="brand">
        <Mark />
        <span>hubbub</span>
      </div>
      <nav class="places" aria-label="Conversations">
        <h2>Rooms</h2>
        <Places list={rooms} active={active} onOpen={onOpen} />
        {rooms.length === 0 && <p class="muted hint">You are in no room.</p>}
        <JoinForm onOpen={onOpen} />
        {offered.length > 0 && (
          <>
            <h2>Open to join</h2>
            <ul>
              {offered.slice(0, mostOffered).map(({ room, count: people }) => (
                <li key={room}>
                  <button type="button" class="place open" onClick={() => onOpen(`#${room}`)}>
                    <Icon name="plus" />
                    <bdi class="place-name">{cleanName(room)}</bdi>
                    <span class="people-count">
                      {people}
                      <span class="hidden"> {people === 1 ? 'person' : 'people'}, join</span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {offered.length > mostOffered && (
              <p class="muted hint">and {count(offered.length - mostOffered, 'other')}</p>
            )}
          </>
        )}
        {directs.length > 0 && (
          <>
            <h2>Direct messages</h2>
            <Places list={directs} active={active} onOpen={onOpen} alike={alike} />
          </>
        )}
      </nav>
      {me && (
        <button type="button" class="me" onClick={onMe}>
          <Avatar id={me.id} name={me.name} state={myState(state)} />
          <span class="me-words">
            <bdi class="strong">{me.name}</bdi>
            <span class="muted">Name and status</span>
          </span>
        </button>
      )}
    </>
  );
}

interface PlacesProps {
  readonly list: readonly Conversation[];
  readonly active: Key | undefined;
  readonly alike?: Lookalikes | undefined;
  readonly onOpen: (key: Key) => void;
}

function Places({ list, active, alike, onOpen }: PlacesProps) {
  return (
    <ul>
      {list.map(({ key, name, unread, phase }) => (
        <li key={key}>
          <a
            class={`place${unread > 0 ? ' unread' : ''}`}
            href={hashOf(key)}
            aria-current={key === active ? 'page' : undefined}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              onOpen(key);
            }}
          >
            {isRoom(key) ? (
              <span class="hash" aria-hidden="true">
                #
              </span>
            ) : (
              <Avatar id={key.slice(1)} name={name} />
            )}
            <bdi class="place-name">{cleanName(name)}</bdi>
            <Tag tag={alike?.tag({ id: nameIn(key), name })} />
            {phase === 'refused' && <Icon name="alert" />}
            {unread > 0 && (
              <span class="badge">
                {unread > 99 ? '99+' : unread}
                <span class="hidden"> unread</span>
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}

function JoinForm({ onOpen }: { readonly onOpen: (key: Key) => void }) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      class="join"
      onSubmit={(event) => {
        event.preventDefault();
        const room = name.trim().replace(/^#/, '');
        const wrong = problemWith(room);
        setProblem(wrong);
        if (wrong !== undefined) {
          field.current?.focus();
          return;
        }
        setName('');
        onOpen(`#${room}`);
      }}
    >
      <div class="join-line">
        <input
          ref={field}
          id="join"
          type="text"
          value={name}
          maxLength={128}
          placeholder="Join or create a room"
          aria-label="Join or create a room"
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : 'join-problem'}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          enterkeyhint="go"
          onInput={({ currentTarget }) => {
            setName(currentTarget.value);
            setProblem(undefined);
          }}
        />
        <button type="submit" class="plain small" aria-label="Join">
          <Icon name="plus" />
        </button>
      </div>
      {problem !== undefined && (
        <p class="why" id="join-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** Checks that there is a name without spaces; the server reports other faults. */
function problemWith(room: string): string | undefined {
  if (room === '') return 'A room needs a name.';
  return /\s/u.test(room) ? 'Names of rooms have no spaces.' : undefined;
}

/** The state of this user as others see it. */
function myState({ conversations, me }: State) {
  for (const { members } of conversations.values()) {
    const found = members?.find(({ id }) => id === me?.id);
    if (found) return found.state;
  }
  return undefined;
}
