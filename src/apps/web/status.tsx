/** The page about the server. */
import { render } from 'preact';
import { rootOf } from './connection/address.ts';
import { Memory } from './connection/memory.ts';
import { StatusPage } from './status/page.tsx';
import { keepTheme } from './views/theme.ts';

const root = rootOf(location.href);
const memory = new Memory(() => localStorage, root.pathname);
keepTheme(memory);
const keys = new Memory(() => sessionStorage, root.pathname);
render(<StatusPage memory={memory} keys={keys} root={root} />, document.body);
