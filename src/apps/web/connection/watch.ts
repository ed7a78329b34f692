/** Effects of the state outside of the document: the title, the address, and the remembered data. */
import type { Position } from '../../../protocol/generated/frames.ts';
import { latestPosition } from '../state/conversation.ts';
import { isRoom, type Key, type State } from '../state/state.ts';
import { hashOf, keyFrom } from './address.ts';
import type { Memory } from './memory.ts';
import type { Session } from './session.ts';
import type { Store } from './store.ts';

/** How often to ask for the open rooms, in milliseconds. */
const lookInterval = 15_000;

/** How long read positions are gathered before they are stored, in milliseconds. */
const keepInterval = 500;

export function titleOf({ conversations, active }: State): string {
  const unread = [...conversations.values()].reduce((sum, one) => sum + one.unread, 0);
  const name = active === undefined ? undefined : conversations.get(active)?.name;
  const place = name === undefined ? 'Hubbub' : `${name} · Hubbub`;
  return unread > 0 ? `(${unread > 99 ? '99+' : unread}) ${place}` : place;
}

/** Keeps title and address up to date, and tells the store whether the page is visible. */
export function watchPage(store: Store, session: Session, memory: Memory): void {
  const remember = createReadKeeper(store, memory);
  document.title = titleOf(store.state);
  store.watch((state, before) => {
    const title = titleOf(state);
    if (title !== document.title) document.title = title;
    if (state.active !== before.active) showAddress(state.active);
    if (state.conversations !== before.conversations) remember.soon();
  });
  showAddress(store.state.active);
  addEventListener('hashchange', () => {
    const key = keyFrom(location.hash);
    if (key !== undefined) session.open(key);
  });
  const look = () => {
    store.tell({ type: 'attention', visible: document.visibilityState === 'visible' && document.hasFocus() });
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('focus', look);
  addEventListener('blur', look);
  look();
  setInterval(() => store.tell({ type: 'tick', time: performance.now() }), 1000);
  setInterval(() => {
    if (document.visibilityState === 'visible') session.look();
  }, lookInterval);
  // Messages that wait for the server would be lost with the page.
  addEventListener('beforeunload', (event) => {
    const waits = [...store.state.conversations.values()].some(({ outbox }) => outbox.length > 0);
    if (waits) event.preventDefault();
  });
}

function showAddress(key: Key | undefined): void {
  const hash = key === undefined ? '' : hashOf(key);
  if (hash !== location.hash) history.pushState(undefined, '', hash === '' ? location.pathname : hash);
}

/** Stores the read positions of rooms that have no unread messages. */
function createReadKeeper(store: Store, memory: Memory): { soon: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let kept: Record<string, Position> = {};
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
    const read: Record<string, Position> = {};
    for (const conversation of store.state.conversations.values()) {
      const { key, name, unread } = conversation;
      const position = isRoom(key) && unread === 0 ? latestPosition(conversation) : undefined;
      if (position && kept[name] !== position) read[name] = position;
    }
    if (Object.keys(read).length === 0) return;
    kept = { ...kept, ...read };
    memory.change('read', (all) => ({ ...all, ...read }));
  };
  addEventListener('pagehide', keep);
  return { soon: () => (timer ??= setTimeout(keep, keepInterval)) };
}
