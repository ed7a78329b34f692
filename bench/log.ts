/**
 * The cost of the log: acknowledged appends per second of CPU time (user and system of the whole process), the delay of
 * the event loop, and the latency of acknowledgements. Entries have 300 bytes, and ids that are looked up first.
 *
 *     npm run bench:log -- [directory [commit options as JSON]]
 *
 * `saturated`: 4,000 entries are always waiting. `steady`: 4,000 a second arrive, one by one. The control is the same
 * loop with a log that keeps nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { openLmdbLog } from '../src/log/lmdb.ts';
import type { Commit, Durability, Log } from '../src/log/port.ts';

interface Case {
  readonly load: 'saturated' | 'steady';
  readonly durability: Durability | 'control';
  readonly rooms: number;
  readonly entries: number;
}

const bytes = Buffer.alloc(300, 'x');
const window = 4000;
const perTurn = 100;
const rate = 4000;

const [directory = tmpdir(), commit = '{}'] = process.argv.slice(2);

/** @returns a line, when everything was acknowledged. */
async function run({ load, durability, rooms, entries }: Case): Promise<string> {
  const acks = new Acknowledgements();
  const path = mkdtempSync(join(directory, 'hubbub-bench-'));
  const log = durability === 'control' ? keepNothing(acks) : await keep(path, durability, acks);
  const names = Array.from({ length: rooms }, (_, n) => `room ${n}`);
  for (const name of names) log.open(name);

  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  let appended = 0;
  while (acks.count < entries) {
    const due = load === 'steady' ? ((performance.now() - start) / 1000) * rate : appended + perTurn;
    for (const end = Math.min(entries, due, acks.count + window); appended < end; appended += 1) {
      const room = names[appended % rooms] ?? '';
      const seq = Math.floor(appended / rooms) + 1;
      acks.sent(room);
      if (log.find(room, 'ada', `${seq}`, appended)) throw new Error('it is there already');
      const unavailable = log.append(room, {
        seq,
        prev: seq - 1,
        at: appended,
        user: 'ada',
        id: `${seq}`,
        bytes,
        isBinary: false,
      });
      if (unavailable) throw new Error(`refused: ${unavailable.reason}`);
    }
    if (load === 'steady') await sleep(1);
    else if (appended === entries || appended === acks.count + window) await acks.next();
    else await turn();
    // Appends are reported at once: the loop must not run ahead of the commits without bound.
    if (durability === 'none' && appended % window === 0) await log.flush();
  }
  await log.flush();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  await log.close();
  rmSync(path, { recursive: true });
  return [
    `${load}, ${durability}, ${rooms} rooms:`.padEnd(34),
    `${Math.round((entries / (user + system)) * 1e6)} per CPU second`.padStart(24),
    `${Math.round(entries / wall)}/s`.padStart(11),
    `CPU ${Math.round((user + system) / wall / 1e4)} %`.padStart(11),
    `loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`.padStart(20),
    `ack p50 ${acks.quantile(0.5)} p99 ${acks.quantile(0.99)} ms`.padStart(30),
  ].join('');
}

/** The start of each entry, and the latencies. */
class Acknowledgements {
  count = 0;
  readonly #sent = new Map<string, number[]>();
  readonly #acknowledged = new Map<string, number>();
  readonly #times: number[] = [];
  #wake: () => void = () => undefined;

  sent(room: string): void {
    const times = this.#sent.get(room) ?? [];
    times.push(performance.now());
    this.#sent.set(room, times);
  }

  readonly committed = (commits: readonly Commit[]): void => {
    const now = performance.now();
    for (const { room, seq } of commits) {
      const sent = this.#sent.get(room) ?? [];
      for (let n = this.#acknowledged.get(room) ?? 0; n < seq; n += 1) {
        this.#times.push(now - (sent[n] ?? Number.NaN));
        this.count += 1;
      }
      this.#acknowledged.set(room, seq);
    }
    this.#wake();
  };

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  quantile(share: number): string {
    const sorted = this.#times.toSorted((one, other) => one - other);
    return (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1);
  }
}

function keep(path: string, durability: Durability, { committed }: Acknowledgements): Promise<Log> {
  const unexpected = (...what: unknown[]) => {
    throw new Error(JSON.stringify(what));
  };
  let epochs = 0;
  return openLmdbLog({
    directory: path,
    durability,
    maxBytes: Number.POSITIVE_INFINITY,
    maxQueue: 1 << 26,
    idWindow: { time: 120_000, count: 1000 },
    seed: 1,
    newEpoch: () => {
      epochs += 1;
      return `${epochs}`;
    },
    events: { committed, status: unexpected, damaged: unexpected, failed: unexpected },
    commit: JSON.parse(commit),
  });
}

function keepNothing({ committed }: Acknowledgements): Pick<Log, 'open' | 'append' | 'find' | 'flush' | 'close'> {
  const done = () => Promise.resolve();
  return {
    open: () => ({ epoch: '', seq: 0, first: 0, trimmed: 0, next: 1, count: 0, bytes: 0 }),
    append: (room, { seq }) => {
      queueMicrotask(() => committed([{ room, seq }]));
      return undefined;
    },
    find: () => undefined,
    flush: done,
    close: done,
  };
}

await run({ load: 'saturated', durability: 'process', rooms: 100, entries: 50_000 });
for (const rooms of [1, 1000]) {
  for (const durability of ['control', 'none', 'process', 'disk'] as const) {
    console.log(await run({ load: 'saturated', durability, rooms, entries: 200_000 }));
    console.log(await run({ load: 'steady', durability, rooms, entries: 12_000 }));
  }
}
