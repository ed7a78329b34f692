/** The chat page. */
import { render } from 'preact';
import { keyFrom, rootOf } from './connection/address.ts';
import { Memory } from './connection/memory.ts';
import { Session } from './connection/session.ts';
import { Store } from './connection/store.ts';
import { watchPage } from './connection/watch.ts';
import { App } from './views/app.tsx';
import { Welcome } from './views/dialogs.tsx';
import { keepTheme } from './views/theme.ts';

const root = rootOf(location.href);
const memory = new Memory(() => localStorage, root.pathname);
keepTheme(memory);

/** @param name the name of the user; undefined for somebody who was here before. */
function start(name: string | undefined): void {
  const store = new Store();
  const key = keyFrom(location.hash);
  const clocks = { now: Date.now, monotonic: () => performance.now() };
  const session = new Session({ url: root.href, store, memory, ...clocks, key, ...(name !== undefined && { name }) });
  watchPage(store, session, memory);
  render(<App store={store} session={session} memory={memory} />, document.body);
}

if (memory.get('ticket') === undefined) {
  const begin = (name: string) => {
    render(null, document.body);
    start(name === '' ? undefined : name);
  };
  render(<Welcome onStart={begin} />, document.body);
} else {
  start(undefined);
}
