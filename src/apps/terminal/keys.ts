/** The actions of keys. */
import { emitKeypressEvents, type Key } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Operation } from './editor.ts';

export type KeyAction =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'edit'; readonly operation: Operation }
  | { readonly kind: 'room'; readonly number: number }
  | { readonly kind: 'enter' | 'up' | 'down' | 'complete' | 'interrupt' | 'end' | 'redraw' };

const control: Readonly<Record<string, KeyAction>> = {
  a: { kind: 'edit', operation: 'start' },
  b: { kind: 'edit', operation: 'left' },
  c: { kind: 'interrupt' },
  d: { kind: 'end' },
  e: { kind: 'edit', operation: 'end' },
  f: { kind: 'edit', operation: 'right' },
  h: { kind: 'edit', operation: 'delete before' },
  j: { kind: 'insert', text: '\n' },
  k: { kind: 'edit', operation: 'cut to end' },
  l: { kind: 'redraw' },
  n: { kind: 'down' },
  p: { kind: 'up' },
  u: { kind: 'edit', operation: 'cut to start' },
  w: { kind: 'edit', operation: 'cut word before' },
  y: { kind: 'edit', operation: 'yank' },
  left: { kind: 'edit', operation: 'word left' },
  right: { kind: 'edit', operation: 'word right' },
};

const alt: Readonly<Record<string, KeyAction>> = {
  b: { kind: 'edit', operation: 'word left' },
  d: { kind: 'edit', operation: 'cut word after' },
  f: { kind: 'edit', operation: 'word right' },
  left: { kind: 'edit', operation: 'word left' },
  right: { kind: 'edit', operation: 'word right' },
  backspace: { kind: 'edit', operation: 'cut word before' },
  return: { kind: 'insert', text: '\n' },
};

const named: Readonly<Record<string, KeyAction>> = {
  return: { kind: 'enter' },
  enter: { kind: 'insert', text: '\n' },
  tab: { kind: 'complete' },
  backspace: { kind: 'edit', operation: 'delete before' },
  delete: { kind: 'edit', operation: 'delete after' },
  left: { kind: 'edit', operation: 'left' },
  right: { kind: 'edit', operation: 'right' },
  home: { kind: 'edit', operation: 'start' },
  end: { kind: 'edit', operation: 'end' },
  up: { kind: 'up' },
  down: { kind: 'down' },
};

/** @returns undefined for keys without an action. */
export function keyAction(text: string | undefined, { name = '', ctrl, meta }: Key): KeyAction | undefined {
  if (ctrl) return own(control, name);
  if (meta && /^[1-9]$/.test(name)) return { kind: 'room', number: Number(name) };
  if (meta) return own(alt, name);
  const action = own(named, name);
  if (action) return action;
  return text === undefined || /^\p{Cc}/u.test(text) ? undefined : { kind: 'insert', text };
}

function own(table: Readonly<Record<string, KeyAction>>, name: string): KeyAction | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Reports keys; pasted text comes as one action, whatever it contains. @returns a function that stops listening. */
export function listen(input: Readable, listener: (action: KeyAction) => void): () => void {
  let pasted: string | undefined;
  const pressed = (text: string | undefined, key: Key) => {
    if (key.name === 'paste-start') {
      pasted = '';
    } else if (key.name === 'paste-end') {
      if (pasted) listener({ kind: 'insert', text: pasted });
      pasted = undefined;
    } else if (pasted !== undefined) {
      pasted += text ?? key.sequence ?? '';
    } else {
      const action = keyAction(text, key);
      if (action) listener(action);
    }
  };
  emitKeypressEvents(input);
  input.on('keypress', pressed);
  return () => input.off('keypress', pressed);
}
