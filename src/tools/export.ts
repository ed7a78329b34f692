import { openStoreForReading } from '../log/lmdb.ts';
import { exportLines } from '../log/transfer.ts';
import { count, describe, write, writeLines } from './output.ts';
import { exitCodes, type Tool } from './tool.ts';

/** How much is written at once, in characters: little is lost if a damaged data file kills the process. */
const atOnce = 4096;

/** Writes the messages to standard output. Unreadable entries are named on standard error. */
export const exportLog: Tool = {
  flags: ['--room'],
  file: false,
  async run({ directory, flags, stdout, stderr }) {
    const rooms = flags.get('--room');
    const store = await openStoreForReading(directory);
    let problems = 0;
    const lines = exportLines(store, {
      ...(rooms && { rooms }),
      damaged(problem) {
        problems += 1;
        stderr.write(`hubbub: ${describe(problem)}\n`);
      },
    });
    const total = await writeLines(stdout, lines, atOnce);
    await store.close();
    const left = problems === 0 ? '' : `; ${count(problems, 'problem')}, see above`;
    await write(stderr, `exported ${count(total.entries, 'message')} of ${count(total.rooms, 'room')}${left}\n`);
    return problems === 0 ? exitCodes.well : exitCodes.partly;
  },
};
