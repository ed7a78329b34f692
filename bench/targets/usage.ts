/** The usage of a process, from the kernel's accounts (proc(5)). Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** How long a clock tick of /proc/<pid>/stat is, in microseconds (USER_HZ is 100 on every Linux that runs Node). */
const tick = 10_000;

/** A process, and those that it and they have started. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/** How long a thread ran, and how long it was ready but waiting for a CPU, in microseconds. */
export interface SchedulerTimes {
  readonly ran: number;
  readonly waited: number;
}

/** Those of the main thread of a process. */
export function schedulerTimes(pid: number): SchedulerTimes {
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { ran: (ran ?? Number.NaN) / 1000, waited: (waited ?? Number.NaN) / 1000 };
}

/** CPU time of the main threads of processes, in microseconds: quick to ask for. */
export function mainThreadTime(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + schedulerTimes(pid).ran, 0);
}

/**
 * CPU time of a process, user and system, in microseconds. The scheduler's account of each thread is exact to the
 * nanosecond; if the kernel has none, the account of the process is exact to ten milliseconds.
 */
export function cpuTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  try {
    const nanoseconds = readdirSync(tasks).map((task) =>
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, time) => sum + time, 0) / 1000;
  } catch {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * tick;
  }
}

/** The time of all CPUs, in microseconds; time stolen by other virtual machines counts as busy. */
export function machineTime(): { busy: number; idle: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((field) => Number(field) * tick);
  return { busy: user + nice + system + irq + softirq + steal, idle: idle + wait };
}

/** The most descriptors a process of this user may have open. */
export function descriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return line === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line);
}

/** Memory of a process in RAM, in bytes: its own, or pages of files, which the kernel takes back when it needs them. */
export function residentMemory(pid: number, kind: 'RssAnon' | 'RssFile'): number {
  const line = new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm');
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
