/**
 * LMDB trusts its data file: reading a damaged one may kill the process. So a store is opened in a child process with
 * the same streams, and the parent survives to report what has happened.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, platform } from 'node:os';
import { write } from './output.ts';
import { exitCodes, type Surroundings } from './tool.ts';

/** The signals of a process that has crashed. */
const crashes: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP']);
/** On Windows, exit codes from here on mean a crash. */
const firstCrashCode = 0xc000_0000;

/** Runs this program with these arguments, and returns its exit code. */
export async function runInChild(
  args: readonly string[],
  { program, env, stderr, onEnd }: Surroundings,
): Promise<number> {
  const [command, ...rest] = withoutCoreDump([...program, ...args]);
  const child = spawn(command, rest, { env, stdio: 'inherit' });
  let isAsked = false;
  onEnd((asked) => {
    isAsked = true;
    child.kill(asked);
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== null && code < firstCrashCode) return code;
  const how = signal ?? `exit code ${code}`;
  if (signal === null || crashes.has(signal)) {
    await write(stderr, `hubbub: the data file is damaged: it cannot be read any further (${how})\n`);
    return exitCodes.partly;
  }
  if (!isAsked) await write(stderr, `hubbub: ended by ${how}\n`);
  return 128 + constants.signals[signal];
}

/** A core dump would contain messages. */
function withoutCoreDump(command: [string, ...string[]]): [string, ...string[]] {
  return platform() === 'win32' ? command : ['/bin/sh', '-c', 'ulimit -c 0; exec "$0" "$@"', ...command];
}
