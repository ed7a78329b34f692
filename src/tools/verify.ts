import { openStoreForReading } from '../log/lmdb.ts';
import type { LmdbStore } from '../log/lmdb-store.ts';
import { type Verified, verify } from '../log/verify.ts';
import { count, describe, write, writeLines } from './output.ts';
import { exitCodes, type Tool } from './tool.ts';

/** Writes each problem as it is found, and the figures. */
export const verifyLog: Tool = {
  flags: [],
  file: false,
  async run({ directory, stdout }) {
    const store = await openStoreForReading(directory);
    store.freeze();
    const { rooms, entries, bytes, problems } = await writeLines(stdout, problemLines(store), 1);
    await store.close();
    const size = `${count(entries, 'message')} of ${count(rooms, 'room')}, ${count(bytes, 'byte')}`;
    await write(stdout, `${size}: ${problems === 0 ? 'no' : problems} problem${problems === 1 ? '' : 's'}\n`);
    return problems === 0 ? exitCodes.well : exitCodes.partly;
  },
};

function* problemLines(store: LmdbStore): Generator<string, Verified> {
  const problems = verify(store);
  for (;;) {
    const { done, value } = problems.next();
    if (done) return value;
    yield describe(value);
  }
}
