/** The commands that people type: one language in the terminal, on the page, and in the text dialect. */
import { closest } from './closest.ts';
import type { PresenceState } from './generated/frames.ts';
import { readAddress, readRoom } from './names.ts';
import { undirected } from './printable.ts';
import { slashed } from './slash.ts';

/** Where it is typed. */
export type Surface = 'text' | 'terminal' | 'page';

export type Command =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'me'; readonly action: string }
  | { readonly kind: 'name'; readonly name: string }
  /** `look`: whether to switch to it as well; true by default. */
  | { readonly kind: 'join'; readonly room: string; readonly look?: boolean }
  | { readonly kind: 'leave'; readonly room?: string }
  | { readonly kind: 'rooms'; readonly prefix?: string }
  /** Without a room, in the current one. */
  | { readonly kind: 'who'; readonly room?: string }
  | { readonly kind: 'everyone' }
  /** `to`: a name as it is shown, or an id; `addressed` finds the user. */
  | { readonly kind: 'msg'; readonly to: string; readonly text: string }
  | { readonly kind: 'broadcast'; readonly text: string }
  | { readonly kind: 'binary'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'save'; readonly number: number; readonly path: string; readonly force: boolean }
  | { readonly kind: 'history'; readonly count: number }
  | { readonly kind: 'status'; readonly state: PresenceState; readonly note?: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  /** It cannot be carried out. */
  | { readonly kind: 'wrong'; readonly reason: string; readonly unknown?: boolean };

interface CommandForm {
  /** Its name, followed by its aliases. */
  readonly names: readonly [string, ...string[]];
  readonly form: string;
  readonly help: string;
  /** @returns undefined if it does not have the form of `form`. */
  readonly read: (rest: string) => Command | undefined;
  /** The surfaces that do not have it, and what to do there instead. */
  readonly not?: { readonly [S in Surface]?: string };
}

const states: ReadonlySet<string> = new Set<PresenceState>(['online', 'away', 'busy']);

export const forms: readonly CommandForm[] = [
  {
    names: ['help', '?'],
    form: '',
    help: 'this list',
    read: () => ({ kind: 'help' }),
  },
  {
    names: ['join'],
    form: '<room>',
    help: 'enter a room, or look at another one',
    read: (room) => (/^\S+$/.test(room) ? { kind: 'join', room: readRoom(room) } : undefined),
  },
  {
    names: ['leave', 'part'],
    form: '[room]',
    help: 'leave the current room, or another',
    read: (room) => ({ kind: 'leave', ...(room !== '' && { room: readRoom(room) }) }),
  },
  {
    names: ['rooms'],
    form: '[prefix]',
    help: 'which rooms are open',
    read: (prefix) => ({ kind: 'rooms', ...(prefix !== '' && { prefix }) }),
  },
  {
    names: ['who', 'list', 'names'],
    form: '[room]',
    help: 'who is here; * on the server',
    read: (room) =>
      room === '*' ? { kind: 'everyone' } : { kind: 'who', ...(room !== '' && { room: readRoom(room) }) },
  },
  {
    names: ['msg', 'dm', 'whisper', 'tell', 'w'],
    form: '<name> <text>',
    help: 'to one; "quotes" around spaces',
    read(typed) {
      const address = readAddress(typed);
      return address && { kind: 'msg', to: address.to, text: address.rest };
    },
  },
  {
    names: ['me'],
    form: '<action>',
    help: 'what you do: /me waves',
    read: (action) => (action === '' ? undefined : { kind: 'me', action }),
  },
  {
    names: ['name', 'username', 'nick'],
    form: '<name>',
    help: 'change your name',
    read: (name) => (name === '' ? undefined : { kind: 'name', name }),
  },
  {
    names: ['status'],
    form: 'online|away|busy [note]',
    help: 'what others see of your attention',
    read(rest) {
      const [, state = '', note] = /^(\S+)(?:\s+(.+))?$/su.exec(rest) ?? [];
      if (!states.has(state)) return undefined;
      return { kind: 'status', state: state as PresenceState, ...(note !== undefined && { note }) };
    },
  },
  {
    names: ['history'],
    form: '[n]',
    help: 'what was said before; again for more',
    read(rest) {
      const count = /^\d{1,4}$/.test(rest || '20') ? Number(rest || '20') : 0;
      return count >= 1 && count <= 1000 ? { kind: 'history', count } : undefined;
    },
  },
  {
    names: ['file'],
    form: '<path>',
    help: 'send a file',
    read: (path) => (path === '' ? undefined : { kind: 'file', path: unquoted(path) }),
    not: {
      text: 'a binary frame sends bytes',
      page: 'the clip beside the field attaches files; they can be dropped here, too',
    },
  },
  {
    names: ['save'],
    form: '<n> <path> [--force]',
    help: 'keep a file that came',
    read(rest) {
      const [, number, path, force] = /^(\d{1,9})\s+(.+?)(\s+--force)?$/su.exec(rest) ?? [];
      if (path === undefined) return undefined;
      return { kind: 'save', number: Number(number), path: unquoted(path), force: force !== undefined };
    },
    not: { text: 'bytes are not sent to you here', page: 'a file that came has a link' },
  },
  {
    names: ['binary'],
    form: '<text>',
    help: 'send text as bytes',
    read: (text) => (text === '' ? undefined : { kind: 'binary', text }),
  },
  {
    names: ['broadcast'],
    form: '<text>',
    help: 'to all on the server',
    read: (text) => (text === '' ? undefined : { kind: 'broadcast', text }),
  },
  {
    names: ['ping'],
    form: '',
    help: 'how far away the server is',
    read: () => ({ kind: 'ping' }),
  },
  {
    names: ['quit', 'exit'],
    form: '',
    help: 'end the connection',
    read: () => ({ kind: 'quit' }),
    not: { page: 'close the tab to go; /leave leaves a room' },
  },
];

const byName = new Map(forms.flatMap((form) => form.names.map((name) => [name, form] as const)));

/** Longer words are not taken for misspelt commands. */
const longWord = 12;

/** How many characters of the input an error quotes. */
const quotedWord = 40;

/**
 * Parses a line: `/command …`, or something to say; `//…` says `/…`. Any other line that begins with a slash is never
 * said.
 */
export function readCommand(typed: string, where: Surface): Command {
  const parts = slashed(typed);
  if (!parts) return { kind: 'say', text: typed };
  const { space, double, word, rest } = parts;
  if (double !== '') return { kind: 'say', text: `${space}${double}${word}${rest}` };
  const form = byName.get(word.normalize('NFKC').toLowerCase());
  if (!form) return { kind: 'wrong', unknown: true, reason: unknown(word) };
  const [name] = form.names;
  const instead = form.not?.[where];
  if (instead !== undefined) return wrong(`there is no /${name} here: ${instead}`);
  return form.read(rest.trim()) ?? wrong(`write it like this: /${name} ${form.form}`.trimEnd());
}

/** The name of a command, for the name or an alias. */
export function commandName(word: string): string | undefined {
  return byName.get(word.toLowerCase())?.names[0];
}

/** Whether others will read this line. */
export function isSaid(typed: string): boolean {
  const { kind } = readCommand(typed, 'terminal');
  return kind === 'say' || kind === 'me';
}

function wrong(reason: string): Command {
  return { kind: 'wrong', reason };
}

function unknown(typed: string): string {
  const word = [...undirected(typed)].slice(0, quotedWord).join('');
  const near = word.length > longWord ? undefined : closest(word, byName.keys());
  const question = near === undefined ? ';' : `: did you mean /${near}?`;
  return `there is no command /${word}${question} /help lists them, and //${word} says it`;
}

/** The commands there are, each with what it does. */
export function usages(where: Surface): (readonly [usage: string, help: string])[] {
  return forms
    .filter(({ not }) => not?.[where] === undefined)
    .map(({ names: [name], form, help }) => [`/${name} ${form}`.trimEnd(), help]);
}

/** The answer to `/help`. */
export function help(where: Surface): string {
  const entries = usages(where);
  const column = Math.max(...entries.map(([usage]) => usage.length)) + 2;
  return [
    'What you type is said in the current room. Commands:',
    ...entries.map(([usage, help]) => `  ${usage.padEnd(column)}${help}`),
    'To say something that starts with a slash, double it: //like this',
  ].join('\n');
}

/** Text with this beginning is an action: `/me waves` may be shown as `ada waves`, or as it is (XEP-0245). */
export const actionMark = '/me ';

/** The MIME type of `/binary`. */
export const binaryMime = 'text/plain; charset=utf-8';

function unquoted(path: string): string {
  return /^"(.+)"$/s.exec(path)?.[1] ?? path;
}
