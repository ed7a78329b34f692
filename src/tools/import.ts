import { randomBytes, randomInt } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ConfigError } from '../config/error.ts';
import { LogError } from '../log/error.ts';
import { openLmdbLog } from '../log/lmdb.ts';
import type { Log, LogStatus } from '../log/port.ts';
import { type ImportOptions, importLines } from '../log/transfer.ts';
import { count, write } from './output.ts';
import { exitCodes, type Surroundings, type Tool } from './tool.ts';

/** The most memory for entries that wait to be committed, in bytes. */
const maxQueue = 1 << 24;

/** Reads an export from a file or from standard input. */
export const importLog: Tool = {
  flags: ['--epochs'],
  file: true,
  async run({ directory, flags, file, stdin, stdout }) {
    const epochs = readEpochs(flags.get('--epochs')?.at(-1) ?? 'new');
    const input = await openInput(file, stdin);
    const { log, trouble } = await openLog(directory);
    const imported = importLines(log, linesOf(input), { epochs });
    // On a full disk the import would wait for space; closing the log ends that wait, too.
    const { rooms, entries } = await Promise.race([imported, trouble]).finally(() => log.close());
    await write(stdout, `imported ${count(entries, 'message')} of ${count(rooms, 'room')}\n`);
    return exitCodes.well;
  },
};

function readEpochs(word: string): ImportOptions['epochs'] {
  if (word === 'keep' || word === 'new') return word;
  throw new ConfigError(`--epochs must be one of keep, new, not ${JSON.stringify(word)}`);
}

async function openInput(file: string | undefined, stdin: Surroundings['stdin']): Promise<Readable> {
  if (file !== undefined && file !== '-') return (await openFile(file)).createReadStream();
  if (file === undefined && stdin.isTTY) throw new ConfigError('nothing to import: name a file, or pipe an export in');
  return stdin;
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw new ConfigError(`cannot read "${file}" (${(error as Error).message})`);
  }
}

/** The log, and a promise that rejects when the log takes nothing more. */
async function openLog(directory: string): Promise<{ log: Log; trouble: Promise<never> }> {
  let status: (status: LogStatus) => void = () => undefined;
  const trouble = new Promise<never>((_, fail) => {
    status = ({ state, detail }) => {
      if (state !== 'ready') fail(new LogError('unsaved', detail));
    };
  });
  const log = await openLmdbLog({
    directory,
    durability: 'disk',
    maxBytes: Number.POSITIVE_INFINITY,
    maxQueue,
    idWindow: { time: 0, count: 0 },
    newEpoch: () => randomBytes(6).toString('base64url'),
    seed: randomInt(2 ** 32),
    events: { committed: () => undefined, status, damaged: () => undefined, failed: () => undefined },
  });
  return { log, trouble };
}

/** Not with readline: it treats U+2028 as the end of a line, but messages may contain it. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  let line = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const [end, ...lines] = String(chunk).split('\n');
    line += end;
    for (const next of lines) {
      yield line;
      line = next;
    }
  }
  if (line !== '') yield line;
}
