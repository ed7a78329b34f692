/** Dark or light: the setting of the system, or the chosen one. */
import type { Memory } from '../connection/memory.ts';

export type Theme = 'light' | 'dark';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function currentTheme(memory: Memory): Theme {
  return memory.get('theme') ?? (dark.matches ? 'dark' : 'light');
}

/** Shows the chosen theme, and follows the other tabs and the system. */
export function keepTheme(memory: Memory): void {
  const show = () => {
    document.documentElement.dataset['theme'] = currentTheme(memory);
  };
  show();
  followSystem(show);
  addEventListener('storage', show);
}

/** @returns a function that ends it. */
export function followSystem(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}

export function switchTheme(memory: Memory): void {
  const theme = currentTheme(memory) === 'dark' ? 'light' : 'dark';
  // The system's own setting is not stored as a choice.
  memory.set('theme', theme === (dark.matches ? 'dark' : 'light') ? undefined : theme);
  document.documentElement.dataset['theme'] = theme;
}
