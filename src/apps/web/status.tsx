/** The page about the server. */
import { render } from 'preact';
import { Memory } from './connection/memory.ts';
import { StatusPage } from './status/page.tsx';
import { keepTheme } from './views/theme.ts';

const memory = new Memory(() => localStorage);
keepTheme(memory);
const url = new URL('/status', location.href);
url.protocol = url.protocol.replace('http', 'ws');
const keys = new Memory(() => sessionStorage);
render(<StatusPage memory={memory} keys={keys} url={url} />, document.body);
