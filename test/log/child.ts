/** A process with a log, to be killed, limited or refused. It reports events in lines on stdout. */
import { openLmdbLog } from '../../src/log/lmdb.ts';
import type { LogOptions } from '../../src/log/port.ts';
import { defaults, entry } from './kit.ts';

const [task, directory = '', body = 'x', maxBytes = Number.POSITIVE_INFINITY] = process.argv.slice(2);
const tell = (lines: readonly string[]) => process.stdout.write(lines.map((line) => `${line}\n`).join(''));
let epochs = 0;
const options: LogOptions = {
  ...defaults,
  maxBytes: Number(maxBytes),
  newEpoch: () => {
    epochs += 1;
    return `${process.pid}.${epochs}`;
  },
  events: {
    committed: (commits) => tell(commits.map(({ room, seq }) => `committed ${room} ${seq}`)),
    status: ({ state, detail }) => tell([`status ${state} ${detail}`]),
    damaged: (room, seq) => tell([`damaged ${room} ${seq}`]),
    failed: (what) => tell([what]),
  },
};

if (task === 'open') await tryToOpen();
if (task === 'write') await write();

async function tryToOpen(): Promise<void> {
  try {
    const log = await openLmdbLog({ ...options, directory });
    tell(['opened']);
    await log.close();
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    tell([`${name} ${code} ${message}`]);
  }
}

/** Appends until it is killed: bursts to three rooms, each number reported before it is used. */
async function write(): Promise<void> {
  // With a listener, a file beyond the limit of the process is an ordinary error.
  process.on('SIGXFSZ', () => undefined);
  const log = await openLmdbLog({ ...options, directory, commit: { retry: 10 } });
  const rooms = ['a', 'b', 'c'];
  for (const room of rooms) log.open(room);
  for (let turn = 0; ; turn += 1) {
    for (const room of rooms) {
      const { next } = log.head(room);
      const refused = log.append(room, entry(log, room, { seq: next, body: `${room}${next}${body}` }));
      if (!refused) tell([`given ${room} ${next}`]);
    }
    if (turn % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
