/** The state of the connection, if there is something to report. */
import { useEffect, useState } from 'preact/hooks';
import type { Back, Connection, Conversation } from '../state/state.ts';
import { Icon } from './icons.tsx';
import { resumedWords } from './rows.tsx';

/** How long the page shows that the connection is back, in milliseconds. */
const backTime = 8000;

export interface BannerProps {
  readonly connection: Connection;
  readonly conversations: Iterable<Conversation>;
  readonly onAgain: () => void;
}

export function Banner({ connection, conversations, onAgain }: BannerProps) {
  const { state, back, why, retryAt } = connection;
  const now = useNow(state !== 'online' || back !== undefined);
  if (state === 'online') {
    if (!back || now > back.time + backTime) return null;
    const caughtUp = [...conversations].reduce((sum, one) => sum + resumedIn(one, back), 0);
    return <p class="banner good">{resumedWords({ away: back.away, caughtUp })}</p>;
  }
  if (state === 'closed') {
    return (
      <p class="banner bad">
        <Icon name="alert" />
        <span>The connection was closed{why === undefined ? '' : `: ${why}`}.</span>
        <button type="button" onClick={onAgain}>
          Connect again
        </button>
      </p>
    );
  }
  if (connection.lostAt === undefined && state === 'connecting') return <p class="banner">Connecting…</p>;
  const wait = retryAt === undefined ? 0 : Math.ceil((retryAt - now) / 1000);
  return (
    <p class="banner warn">
      <span class="pulse" aria-hidden="true" />
      <span>
        {connection.lostAt === undefined ? 'The server cannot be reached.' : 'The connection is lost.'} What you write
        is sent when it is back.
      </span>
      <span class="muted" aria-hidden="true">
        {state === 'connecting' || wait <= 0 ? 'Trying…' : `Next attempt in ${wait} s`}
      </span>
    </p>
  );
}

/** How many messages came after the latest interruption. */
function resumedIn({ entries }: Conversation, { away }: Back): number {
  const entry = entries.findLast(({ kind }) => kind === 'resumed');
  return entry?.kind === 'resumed' && entry.away === away ? entry.caughtUp : 0;
}

/** The monotonic time, updated as long as it matters. */
function useNow(matters: boolean): number {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    if (!matters) return undefined;
    setNow(performance.now());
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, [matters]);
  return Math.max(now, performance.now() - 500);
}
