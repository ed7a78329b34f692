/** Help for keys and commands. */
import { usages } from '../../../protocol/commands.ts';

export type Help = readonly (readonly [keys: string, what: string])[];

const shortcuts: Help = [
  ['Enter', 'Send'],
  ['Shift + Enter', 'New line'],
  ['Page Up, Page Down', 'Scroll while writing'],
  ['Escape', 'To the latest message, and to what you write'],
  ['Alt + ↑, Alt + ↓', 'Previous or next conversation'],
  ['Alt + Shift + ↑ or ↓', 'Previous or next one with unread messages'],
  ['Ctrl + K', 'Join or create a room'],
  ['Ctrl + /', 'These shortcuts'],
];

export const help: Help = [...shortcuts, ...usages('page')];
