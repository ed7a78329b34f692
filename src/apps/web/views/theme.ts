/** Dark or light: as the system has it, or as was chosen. */
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
  dark.addEventListener('change', show);
  addEventListener('storage', show);
}

export function switchTheme(memory: Memory): void {
  const theme = currentTheme(memory) === 'dark' ? 'light' : 'dark';
  // What the system says needs no choice.
  memory.set('theme', theme === (dark.matches ? 'dark' : 'light') ? undefined : theme);
  document.documentElement.dataset['theme'] = theme;
}
