/**
 * Checks that a server with a large store is as fast, and as small, as one with a small store: `npm run bench:store`.
 * Everything is in a temporary directory, which is removed at the end.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../machine.ts';
import { machineLine, table } from '../report.ts';
import { count } from '../scenarios/format.ts';
import { buildStore, type StoreSize } from './build.ts';
import { type Figures, measureStore } from './measure.ts';
import { storeRows } from './table.ts';

const rooms = 1000;
const messageSize = 128;
/** In each room. */
const sizes = [10, 100, 1000];
/** How often each server is started, in turns. */
const rounds = 3;

interface Store {
  readonly size: StoreSize;
  readonly data: string;
  readonly bytes: number;
  readonly runs: Figures[];
}

/** Of `stat`, in bytes. */
const statBlock = 512;

const directory = mkdtempSync(join(tmpdir(), 'hubbub-bench-store-'));
// An orderly exit, which ends a server as well.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function build(messages: number): Promise<Store> {
  const size = { rooms, messages, messageSize };
  const data = join(directory, `${messages}`);
  const start = performance.now();
  await buildStore(join(data, 'log'), size);
  const seconds = (performance.now() - start) / 1000;
  print(`${count(rooms * messages)} messages: built in ${seconds.toFixed(1)} s`);
  return { size, data, bytes: statSync(join(data, 'log', 'data.mdb')).blocks * statBlock, runs: [] };
}

async function main(): Promise<void> {
  print(machineLine(describeMachine()));
  const stores: Store[] = [];
  for (const messages of sizes) stores.push(await build(messages));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { size, data, runs } of round % 2 === 1 ? stores : stores.toReversed()) {
      print(`round ${round}, ${count(rooms * size.messages)} messages`);
      // Reading everything takes long: once is enough.
      runs.push(await measureStore(data, size, round === 1));
    }
  }
  print(`\n${table(storeRows(stores.map(({ size, ...store }) => ({ ...store, messages: rooms * size.messages }))))}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
