/** The status page. */
import { useEffect, useState } from 'preact/hooks';
import type { Figures } from '../../../protocol/figures.ts';
import type { Memory } from '../connection/memory.ts';
import { Mark } from '../views/icons.tsx';
import { ThemeSwitch } from '../views/theme-switch.tsx';
import { type FeedState, watchFeed } from './feed.ts';
import { added, levels, rates } from './figures.ts';
import { takeKey } from './key.ts';
import { Plot } from './plot.tsx';
import { roundBytes, roundTop } from './scale.ts';

const feedWords: Readonly<Record<FeedState, string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  refused: 'Refused',
  away: 'The server is away. Trying again…',
};

export interface StatusPageProps {
  readonly memory: Memory;
  /** The memory of this tab. */
  readonly keys: Memory;
  /** The root of the server. */
  readonly root: URL;
}

export function StatusPage({ memory, keys, root }: StatusPageProps) {
  const [key, setKey] = useState(() => takeKey(location, history, keys));
  const [feed, setFeed] = useState<FeedState>('connecting');
  const [figures, setFigures] = useState<readonly Figures[]>([]);
  useEffect(() => {
    // Adding a key to the address of the open page does not load it again.
    const look = () => setKey(takeKey(location, history, keys));
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, [keys]);
  useEffect(
    () => watchFeed(root, key, { state: setFeed, figures: (news) => setFigures((before) => added(before, news)) }),
    [root, key],
  );
  const enter = (entered: string) => {
    keys.set('statusKey', entered);
    setKey(entered);
  };
  return (
    <main class="status">
      <header class="status-top">
        <Mark />
        <h1>Status of the server</h1>
        <span class={`feed ${feed}`} role="status">
          {feedWords[feed]}
        </span>
        <ThemeSwitch memory={memory} />
      </header>
      {feed === 'refused' ? <Refusal onKey={enter} wasWrong={key !== undefined} /> : <Plots figures={figures} />}
    </main>
  );
}

function Refusal({ onKey, wasWrong }: { readonly onKey: (key: string) => void; readonly wasWrong: boolean }) {
  const [key, setKey] = useState('');
  return (
    <div class="refusal">
      <h2>Only from the server's own machine</h2>
      <p>
        The figures are told to browsers that run on the machine of the server, and come to it directly. From elsewhere,
        a tunnel helps: <code>ssh -L 8080:localhost:8080 {location.hostname}</code>, then open{' '}
        <code>http://localhost:8080/status</code>.
      </p>
      <p>
        Where that does not do, as with a container whose port is published: start the server with{' '}
        <code>--status-key</code>, and give the key here, or behind the address: <code>/status#key=…</code>
      </p>
      <form
        class="key"
        onSubmit={(event) => {
          event.preventDefault();
          onKey(key);
        }}
      >
        <label>
          Key{' '}
          <input
            type="password"
            autocomplete="current-password"
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={key === ''}>
          Show
        </button>
      </form>
      {wasWrong && <p role="alert">The key that was given does not open.</p>}
    </div>
  );
}

function Plots({ figures }: { readonly figures: readonly Figures[] }) {
  const numbers = (values: readonly number[]) => roundTop(values, 10);
  const bytes = (values: readonly number[]) => roundBytes(values, 1 << 20);
  const of = (value: (one: Figures) => number) => levels(figures, value);
  return (
    <div class="plots">
      <Plot title="Connections" points={of((one) => one.connections)} words={whole} top={numbers} />
      <Plot title="Users" points={of((one) => one.users)} words={whole} top={numbers} />
      <Plot title="Rooms" points={of((one) => one.rooms)} words={whole} top={numbers} />
      <Plot title="Messages per second" points={rates(figures, (one) => one.messages)} words={whole} top={numbers} />
      <Plot
        title="Deliveries per second"
        points={rates(figures, (one) => one.deliveries)}
        words={whole}
        top={numbers}
      />
      <Plot title="Refused per second" points={rates(figures, (one) => one.refused)} words={whole} top={numbers} />
      <Plot
        title="Event loop delay, 99th percentile"
        points={of((one) => one.delay.p99)}
        second={{ title: 'worst', points: of((one) => one.delay.max) }}
        words={(value) => `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`}
        top={numbers}
      />
      <Plot
        title="CPU"
        points={of((one) => one.cpu * 100)}
        words={(value) => `${Math.round(value)} %`}
        top={(values) => roundTop(values, 100)}
      />
      <Plot
        title="Memory"
        points={of((one) => one.memory.resident)}
        second={{ title: 'heap', points: of((one) => one.memory.heap) }}
        words={binarySize}
        top={bytes}
      />
      <Plot title="Size of the log" points={of((one) => one.stored)} words={binarySize} top={bytes} />
      <Plot title="Failures of the server" points={of((one) => one.failures)} words={whole} top={numbers} />
      <Plot title="Messages waiting for the log" points={of((one) => one.queued)} words={whole} top={numbers} />
    </div>
  );
}

function whole(value: number): string {
  return Math.round(value).toLocaleString();
}

/** `32 MiB` */
function binarySize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const size = bytes / 1024 ** power;
  return `${power > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[power]}`;
}
