/**
 * LMDB trusts its data file: where that is damaged, reading it may kill the process. So whatever opens a store runs in a
 * process of its own, with the same streams, and somebody is left to say what has happened.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, platform } from 'node:os';
import { write } from './output.ts';
import { exitCodes, type Surroundings } from './tool.ts';

/** How a process ends that has read where nothing is. */
const crashes: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP']);
/** The exit codes from here on are those of Windows for the same. */
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

/** It would hold what people wrote. */
function withoutCoreDump(command: [string, ...string[]]): [string, ...string[]] {
  return platform() === 'win32' ? command : ['/bin/sh', '-c', 'ulimit -c 0; exec "$0" "$@"', ...command];
}
