import { useReducer } from 'preact/hooks';
import type { Memory } from '../connection/memory.ts';
import { Icon } from './icons.tsx';
import { currentTheme, switchTheme } from './theme.ts';

export function ThemeSwitch({ memory }: { readonly memory: Memory }) {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const isDark = currentTheme(memory) === 'dark';
  const words = isDark ? 'Light theme' : 'Dark theme';
  return (
    <button
      type="button"
      class="plain"
      aria-label={words}
      title={words}
      onClick={() => {
        switchTheme(memory);
        redraw(undefined);
      }}
    >
      <Icon name={isDark ? 'sun' : 'moon'} />
    </button>
  );
}
