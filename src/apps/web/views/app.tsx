/** The page: its layout, and its keys. */
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Page } from '../connection/commands.ts';
import type { Memory } from '../connection/memory.ts';
import { type Session, wordsFor } from '../connection/session.ts';
import type { Store } from '../connection/store.ts';
import { contentOf } from '../state/content.ts';
import { type Conversation, isRoom, type Key, type State } from '../state/state.ts';
import { cleanName } from '../state/text.ts';
import { Announcer } from './announcer.tsx';
import { Banner } from './banner.tsx';
import { ConversationView } from './conversation.tsx';
import { Dialog, MeDialog, ShortcutsDialog } from './dialogs.tsx';
import { Icon } from './icons.tsx';
import { People } from './people.tsx';
import { Sidebar } from './sidebar.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { count } from './words.ts';

/** As in the style sheet. */
const narrow = matchMedia('(max-width: 760px)');
const medium = matchMedia('(max-width: 1080px)');

type Over = 'places' | 'people' | 'me' | 'shortcuts' | undefined;

export interface AppProps {
  readonly store: Store;
  readonly session: Session;
  readonly memory: Memory;
}

export function App({ store, session, memory }: AppProps) {
  const state = useStore(store);
  const isNarrow = useMedia(narrow);
  const isMedium = useMedia(medium);
  const [over, setOver] = useState<Over>();
  const drafts = useRef(new Map<Key, string>());
  const { active, conversations, connection, me, attention, notices } = state;
  const conversation = active === undefined ? undefined : conversations.get(active);
  const close = () => setOver(undefined);

  const open = (key: Key, name?: string) => {
    close();
    session.open(key, name);
    if (!isNarrow) focusComposer();
  };

  const leave = (key: Key) => {
    session.leave(key);
    const next = [...store.state.conversations.keys()][0];
    if (next !== undefined) open(next);
  };

  useEffect(() => {
    if (!isNarrow) focusComposer();
  }, []);
  useKeys({ store, open, show: setOver, isNarrow });

  const sidebar = <Sidebar state={state} onOpen={open} onMe={() => setOver('me')} />;
  const people = conversation && isRoom(conversation.key) && (
    <People conversation={conversation} myId={me?.id} onOpen={({ id }) => open(`@${id}`)} />
  );
  return (
    <div class="app">
      {!isNarrow && (
        <aside class="sidebar" aria-label="Places">
          {sidebar}
        </aside>
      )}
      <main class="main">
        <Header
          conversation={conversation}
          state={state}
          isNarrow={isNarrow}
          memory={memory}
          onShow={setOver}
          onLeave={leave}
        />
        <div role="status">
          <Banner connection={connection} conversations={conversations.values()} onAgain={() => session.again()} />
        </div>
        {conversation ? (
          <ConversationView
            key={conversation.key}
            conversation={conversation}
            me={me}
            isOnline={connection.state === 'online'}
            atEnd={attention.atEnd}
            frameLimit={state.frameLimit}
            session={session}
            draft={drafts.current.get(conversation.key) ?? ''}
            onDraft={(text) => drafts.current.set(conversation.key, text)}
            onEnd={(atEnd) => store.tell({ type: 'attention', atEnd })}
            onCommand={(typed) =>
              command(typed, {
                session,
                state: () => store.state,
                key: conversation.key,
                open,
                leave,
                say: (key, body, mime) => session.say(key, contentOf(body, mime)),
                help: () => setOver('shortcuts'),
              })
            }
          />
        ) : (
          <div class="empty">
            <p>You are in no room. Join one, or make one up: a room is there as soon as somebody is in it.</p>
            <div class="buttons">
              <button type="button" class="primary" onClick={() => open('#lobby')}>
                Join #lobby
              </button>
            </div>
          </div>
        )}
      </main>
      {people && !isMedium && (
        <aside class="people" aria-label="People">
          {people}
        </aside>
      )}
      {over === 'places' && isNarrow && (
        <Dialog label="Conversations" kind="left drawer" onClose={close}>
          {sidebar}
        </Dialog>
      )}
      {over === 'people' && isMedium && people && (
        <Dialog label="People" kind="right drawer" onClose={close}>
          {people}
        </Dialog>
      )}
      {over === 'me' && me && <MeDialog me={me} member={memberOf(state)} session={session} onClose={close} />}
      {over === 'shortcuts' && <ShortcutsDialog onClose={close} />}
      <div class="notices" role="status">
        {notices.map(({ id, text }) => (
          <p key={id} class="notice">
            <span>{text}</span>
            <button type="button" class="plain small" aria-label="Dismiss" onClick={() => session.dismiss(id)}>
              <Icon name="close" />
            </button>
          </p>
        ))}
      </div>
      <Announcer store={store} />
    </div>
  );
}

interface HeaderProps {
  readonly conversation: Conversation | undefined;
  readonly state: State;
  readonly isNarrow: boolean;
  readonly memory: Memory;
  readonly onShow: (over: Over) => void;
  readonly onLeave: (key: Key) => void;
}

function Header({ conversation, state, isNarrow, memory, onShow, onLeave }: HeaderProps) {
  const { connection, conversations } = state;
  const unread = [...conversations.values()].reduce((sum, one) => sum + one.unread, 0);
  const inRoom = conversation !== undefined && isRoom(conversation.key);
  return (
    <header class="top">
      {isNarrow && (
        <button type="button" class="plain" aria-label="Conversations" onClick={() => onShow('places')}>
          <Icon name="menu" />
          {unread > 0 && (
            <span class="badge corner">
              {unread > 99 ? '99+' : unread}
              <span class="hidden"> unread</span>
            </span>
          )}
        </button>
      )}
      <div class="title">
        <h1>
          {inRoom && <span class="hash">#</span>}
          <bdi>{conversation ? cleanName(conversation.name) : 'Hubbub'}</bdi>
        </h1>
        <p class="muted">
          <span class={`link-state ${connection.state}`}>{stateWords[connection.state]}</span>
          {conversation?.phase === 'joining' && connection.state === 'online' && ' · entering…'}
          {inRoom && conversation.phase === 'open' && ` · ${count(conversation.count, 'person', 'people')} here`}
        </p>
      </div>
      {inRoom && (
        <button
          type="button"
          class="plain only-medium"
          aria-label={`People: ${conversation.count}`}
          onClick={() => onShow('people')}
        >
          <Icon name="people" />
        </button>
      )}
      {conversation && (
        <button
          type="button"
          class="plain"
          aria-label={inRoom ? `Leave ${conversation.name}` : 'Close this conversation'}
          title={inRoom ? 'Leave this room' : 'Close this conversation'}
          onClick={() => onLeave(conversation.key)}
        >
          <Icon name={inRoom ? 'leave' : 'close'} />
        </button>
      )}
      {!isNarrow && (
        <button type="button" class="plain" aria-label="Keyboard" title="Keyboard" onClick={() => onShow('shortcuts')}>
          <Icon name="keyboard" />
        </button>
      )}
      <ThemeSwitch memory={memory} />
    </header>
  );
}

const stateWords = { connecting: 'Connecting', online: 'Connected', offline: 'Offline', closed: 'Closed' };

interface Keys {
  readonly store: Store;
  readonly open: (key: Key) => void;
  readonly show: (over: Over) => void;
  readonly isNarrow: boolean;
}

function useKeys({ store, open, show, isNarrow }: Keys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
      // In a dialog the keys belong to the dialog, and in a composition to the input method.
      if (event.isComposing || document.querySelector('dialog[open]')) return;
      if (altKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
        const next = neighbour(store.state, key === 'ArrowUp' ? -1 : 1, shiftKey);
        if (next !== undefined) open(next);
      } else if ((ctrlKey || metaKey) && key === 'k') {
        if (isNarrow) show('places');
        document.getElementById('join')?.focus();
      } else if ((ctrlKey || metaKey) && key === '/') {
        show('shortcuts');
      } else if (key === 'Escape') {
        document.querySelector<HTMLElement>('.jump')?.click();
        focusComposer();
      } else {
        return;
      }
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}

/** The conversation above or below in the sidebar. */
function neighbour({ conversations, active }: State, step: number, unreadOnly: boolean): Key | undefined {
  const byName = (one: Conversation, other: Conversation) => one.name.localeCompare(other.name);
  const all = [...conversations.values()].sort(byName);
  const listed = [...all.filter(({ key }) => isRoom(key)), ...all.filter(({ key }) => !isRoom(key))];
  const start = listed.findIndex(({ key }) => key === active);
  for (let distance = 1; distance <= listed.length; distance++) {
    const one = listed.at((start + step * distance) % listed.length);
    if (one && one.key !== active && (!unreadOnly || one.unread > 0)) return one.key;
  }
  return undefined;
}

/** Most people type no commands: their code is loaded with the first one. */
async function command(typed: string, page: Page): Promise<string | undefined> {
  try {
    const { carryOut } = await import('../connection/commands.ts');
    await carryOut(typed, page);
    return undefined;
  } catch (error) {
    return wordsFor(error);
  }
}

/** Waits for a frame: another conversation may have to be drawn first. */
function focusComposer(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.composer-text')?.focus());
}

function memberOf({ conversations, me }: State) {
  for (const { members } of conversations.values()) {
    const found = members?.find(({ id }) => id === me?.id);
    if (found) return found;
  }
  return undefined;
}

/** The state, drawn at most once per frame, and not at all in a hidden tab. */
function useStore(store: Store): State {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    let frame: number | undefined;
    const draw = () => {
      frame = undefined;
      redraw(undefined);
    };
    const stop = store.watch(() => {
      frame ??= requestAnimationFrame(draw);
    });
    draw();
    return () => {
      stop();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [store]);
  return store.state;
}

function useMedia(query: MediaQueryList): boolean {
  const [matches, setMatches] = useState(query.matches);
  useEffect(() => {
    const change = () => setMatches(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, [query]);
  return matches;
}
