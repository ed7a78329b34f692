import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LmdbLogOptions, openLmdbLog } from '../../src/log/lmdb.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { Commit, Entry, Log, LogOptions, LogStatus } from '../../src/log/port.ts';

/** A log, and its reported events. */
export interface Observed extends AsyncDisposable {
  readonly log: Log;
  /** The commits of each call of `committed`. */
  readonly batches: (readonly Commit[])[];
  readonly statuses: LogStatus[];
  readonly damaged: { room: string; seq: number }[];
  /** The defects that were met. */
  readonly failures: string[];
  /** Closes it and opens it again; this one must not be used any more. */
  reopen(): Promise<Observed>;
  /** Another log, as if the process had been killed now and started again. */
  afterKill(): Promise<Observed>;
}

export type Overrides = Partial<LogOptions> & Pick<LmdbLogOptions, 'commit' | 'watch'>;

export const defaults = {
  durability: 'process',
  maxBytes: Number.POSITIVE_INFINITY,
  maxQueue: 1 << 26,
  idWindow: { time: 60_000, count: 1000 },
  seed: 7,
} as const;

/** Every entry in a chunk of its own. */
export const singly = { interval: 0, retry: 10, chunk: { entries: 1, bytes: 0 } } as const;

let epochs = 0;

function observe(overrides: Overrides) {
  const batches: (readonly Commit[])[] = [];
  const statuses: LogStatus[] = [];
  const damaged: { room: string; seq: number }[] = [];
  const failures: string[] = [];
  const options: LogOptions = {
    ...defaults,
    newEpoch: () => {
      epochs += 1;
      return `epoch${epochs}`;
    },
    events: {
      committed: (commits) => batches.push(commits),
      status: (status) => statuses.push(status),
      damaged: (room, seq) => damaged.push({ room, seq }),
      failed: (what, error) => failures.push(`${what}: ${(error as Error).message}`),
    },
    ...overrides,
  };
  return { batches, statuses, damaged, failures, options };
}

export async function memory(overrides: Overrides = {}): Promise<Observed> {
  const { options, ...told } = observe(overrides);
  const log = new MemoryLog(options);
  const again = async () => {
    await log.close();
    return memory(overrides);
  };
  return { log, ...told, reopen: again, afterKill: again, [Symbol.asyncDispose]: () => log.close() };
}

/** @param directory made and removed again if none is given. */
export async function lmdb(overrides: Overrides = {}, directory = temporaryDirectory()): Promise<Observed> {
  const { options, ...told } = observe(overrides);
  const log = await openLmdbLog({ commit: { interval: 0, retry: 10 }, ...options, directory });
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return {
    log,
    ...told,
    async reopen() {
      await log.close();
      return lmdb(overrides, directory);
    },
    async afterKill() {
      // The file has exactly the committed entries: just what a killed process leaves behind.
      const copy = temporaryDirectory();
      cpSync(join(directory, 'data.mdb'), join(copy, 'data.mdb'));
      await log.close();
      remove();
      return lmdb(overrides, copy);
    },
    async [Symbol.asyncDispose]() {
      await log.close();
      remove();
    },
  };
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'hubbub-log-'));
}

export interface Fields {
  readonly seq?: number;
  readonly prev?: number;
  readonly at?: number;
  readonly user?: string;
  readonly id?: string;
  readonly body?: string | Uint8Array;
}

/** The next entry of the room, with `fields` overridden. */
export function entry(log: Log, room: string, fields: Fields = {}): Entry {
  const head = log.head(room);
  const { seq = head.next, prev = head.seq, at = 1000 + seq, user = 'ada', id, body = `message ${seq}` } = fields;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { seq, prev, at, user, ...(id !== undefined && { id }), bytes, isBinary: typeof body !== 'string' };
}

/** Appends, and returns the number. */
export function append(log: Log, room: string, fields: Fields = {}): number {
  const next = entry(log, room, fields);
  const unavailable = log.append(room, next);
  if (unavailable) throw new Error(`not taken: ${unavailable.reason}`);
  return next.seq;
}

export function appendMany(log: Log, room: string, count: number, fields: Fields = {}): void {
  for (let n = 0; n < count; n += 1) append(log, room, fields);
}

export const all = { entries: 1_000_000, bytes: Number.POSITIVE_INFINITY };

/** All readable entries of a room. */
export function readAll(log: Log, room: string): Entry[] {
  return log.read(room, { after: 0 }, all);
}

/** All fields of an entry, including those that are decoded on demand. */
export function plain(entries: readonly Entry[]): (Omit<Entry, 'bytes'> & { bytes: string })[] {
  return entries.map(({ seq, prev, at, user, id, bytes, isBinary }) => {
    return { seq, prev, at, user, id, bytes: Buffer.from(bytes).toString('base64'), isBinary };
  });
}

export function seqs(entries: readonly { seq: number }[]): number[] {
  return entries.map(({ seq }) => seq);
}
