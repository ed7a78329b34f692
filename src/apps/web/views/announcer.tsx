/** Announces new messages of the visible conversation to screen readers. */
import { useEffect, useState } from 'preact/hooks';
import type { Store } from '../connection/store.ts';
import { summaryOf } from '../state/content.ts';
import type { MessageEntry, State } from '../state/state.ts';

/** How many messages are read out at once; further ones are counted. */
const most = 3;

export function Announcer({ store }: { readonly store: Store }) {
  const [words, setWords] = useState('');
  useEffect(
    () =>
      store.watch((state, before) => {
        const news = newsOf(state, before);
        if (news !== undefined) setWords(news);
      }),
    [store],
  );
  return (
    <div class="hidden" aria-live="polite">
      {words}
    </div>
  );
}

function newsOf(state: State, before: State): string | undefined {
  const { active, me } = state;
  if (active === undefined || active !== before.active) return undefined;
  const entries = state.conversations.get(active)?.entries;
  const old = before.conversations.get(active)?.entries;
  if (!entries || !old || entries === old || old.length === 0) return undefined;
  const last = old.at(-1);
  // Older entries come before it, or have gone.
  const start = entries.findLastIndex(({ key }) => key === last?.key);
  const isMessage = (entry: (typeof entries)[number]): entry is MessageEntry => entry.kind === 'message';
  const news = start < 0 ? [] : entries.slice(start + 1).filter(isMessage);
  const others = news.filter(({ from }) => from.id !== me?.id);
  if (others.length === 0) return undefined;
  if (others.length > most) return `${others.length} new messages`;
  return others.map(({ from, content }) => `${from.name}: ${summaryOf(content)}`).join('\n');
}
