/** Processes that can open no more files. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';

/**
 * Limits how many files a process may have open: `100`, or `100:200` with the hard limit, which cannot be raised again.
 */
export function limitDescriptors(pid: number, limit: string): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${limit}`]);
}

/** How many descriptors a process has open. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Runs a function while this process can open no file, socket or pipe. */
export async function withoutDescriptors<T>(act: () => T | Promise<T>): Promise<T> {
  // Started before: starting a process takes descriptors, too.
  const own = `prlimit --pid ${process.pid} --nofile`;
  const limiter = spawn(
    'sh',
    ['-c', `limit=$(${own} --noheadings -o SOFT) && ${own}=3: && echo && read line && ${own}=$limit:`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  await once(limiter.stdout, 'data');
  try {
    return await act();
  } finally {
    limiter.stdin.end('\n');
    await once(limiter, 'close');
  }
}
