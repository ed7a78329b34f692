/** What a person can type. */
import type { PresenceState } from '../../protocol/generated/frames.ts';

export type Command =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'me'; readonly action: string }
  | { readonly kind: 'name'; readonly name: string }
  /** `look`: whether to look at it, too; unless said otherwise. */
  | { readonly kind: 'join'; readonly room: string; readonly look?: boolean }
  | { readonly kind: 'leave'; readonly room?: string }
  | { readonly kind: 'rooms'; readonly prefix?: string }
  /** Without a room, in the current one. */
  | { readonly kind: 'who'; readonly room?: string }
  | { readonly kind: 'everyone' }
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
  /** It cannot be followed. */
  | { readonly kind: 'wrong'; readonly reason: string };

interface CommandForm {
  /** The first is its name, the others are taken for it. */
  readonly names: readonly [string, ...string[]];
  readonly form: string;
  readonly help: string;
  /** @returns undefined if it is not written as `form` says. */
  readonly read: (rest: string) => Command | undefined;
}

const states: ReadonlySet<string> = new Set<PresenceState>(['online', 'away', 'busy']);

export const forms: readonly CommandForm[] = [
  {
    names: ['help'],
    form: '',
    help: 'this list',
    read: () => ({ kind: 'help' }),
  },
  {
    names: ['join'],
    form: '<room>',
    help: 'enter a room, or look at another one',
    read: (room) => (/^\S+$/.test(room) ? { kind: 'join', room } : undefined),
  },
  {
    names: ['leave', 'part'],
    form: '[room]',
    help: 'leave the current room, or another',
    read: (room) => ({ kind: 'leave', ...(room !== '' && { room }) }),
  },
  {
    names: ['rooms'],
    form: '[prefix]',
    help: 'which rooms are open',
    read: (prefix) => ({ kind: 'rooms', ...(prefix !== '' && { prefix }) }),
  },
  {
    names: ['who', 'list'],
    form: '[room]',
    help: 'who is here; * on the server',
    read: (room) => (room === '*' ? { kind: 'everyone' } : { kind: 'who', ...(room !== '' && { room }) }),
  },
  {
    names: ['msg'],
    form: '<name> <text>',
    help: 'to one; "quotes" around spaces',
    read(rest) {
      const [, quoted, plain, text] = /^(?:"([^"]+)"|(\S+))\s+(.+)$/su.exec(rest) ?? [];
      const to = quoted ?? plain;
      return to === undefined || text === undefined ? undefined : { kind: 'msg', to, text };
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
      const count = rest === '' ? 20 : Number(rest);
      return Number.isInteger(count) && count >= 1 && count <= 1000 ? { kind: 'history', count } : undefined;
    },
  },
  {
    names: ['file'],
    form: '<path>',
    help: 'send a file',
    read: (path) => (path === '' ? undefined : { kind: 'file', path: unquoted(path) }),
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
    help: 'leave (Ctrl-D too)',
    read: () => ({ kind: 'quit' }),
  },
];

const byName = new Map(forms.flatMap((form) => form.names.map((name) => [name, form] as const)));

/** Reads what was typed: `/command …`, or something to say; `//…` says `/…`. */
export function readCommand(typed: string): Command {
  if (!typed.startsWith('/')) return { kind: 'say', text: typed };
  if (typed.startsWith('//')) return { kind: 'say', text: typed.slice(1) };
  const [, name = '', rest = ''] = /^\/(\S*)(.*)$/su.exec(typed) ?? [];
  const form = byName.get(name.toLowerCase());
  if (!form) return { kind: 'wrong', reason: `there is no command /${name}; /help lists them, and //${name} says it` };
  return form.read(rest.trim()) ?? { kind: 'wrong', reason: `write it like this: /${form.names[0]} ${form.form}` };
}

/** What `/help` answers. */
export function help(): string {
  const entries = forms.map(({ names: [name], form, help }) => [`/${name} ${form}`, help] as const);
  const column = Math.max(...entries.map(([usage]) => usage.length)) + 2;
  return [
    'What you type is said in the current room. Commands:',
    ...entries.map(([usage, help]) => `  ${usage.padEnd(column)}${help}`),
    'To say something that starts with a slash, double it: //like this',
  ].join('\n');
}

function unquoted(path: string): string {
  return /^"(.+)"$/s.exec(path)?.[1] ?? path;
}
