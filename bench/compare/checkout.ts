/** Another state of the source, built in a directory of its own that goes with the process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { UsageError } from '../options.ts';

/** How many lines of a failed build are shown: some tools begin with the reason, others end with it. */
const shown = { first: 4, last: 8 };

export interface Commit {
  /** The reference as it was given. */
  readonly ref: string;
  readonly hash: string;
}

/** @throws {UsageError} if `root` is not a git checkout, or has no such commit. */
export async function findCommit(root: string, ref: string): Promise<Commit> {
  try {
    await run('git', ['rev-parse', '--git-dir'], { cwd: root });
  } catch {
    throw new UsageError('this is not a git checkout: there is nothing to compare it with');
  }
  try {
    const hash = await run('git', ['rev-parse', '--short', '--verify', '--end-of-options', `${ref}^{commit}`], {
      cwd: root,
    });
    return { ref, hash: hash.toString().trim() };
  } catch {
    throw new UsageError(`git knows no commit ${ref}`);
  }
}

export class Checkout implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'hubbub-compare-'));
  readonly #remove = () => rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });

  private constructor() {
    process.once('exit', this.#remove);
  }

  /**
   * @param root of this checkout, whose packages are used if they are the same.
   * @throws {UsageError} with the last output, if it does not build.
   */
  static async build(root: string, { ref, hash }: Commit): Promise<Checkout> {
    const checkout = new Checkout();
    const { directory } = checkout;
    try {
      const archive = await run('git', ['archive', '--format=tar', hash], { cwd: root });
      await run('tar', ['-x', '-C', directory], { input: archive });
      if (sameLock(root, directory)) symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
      else
        await run('npm', ['--prefix', directory, 'ci', '--ignore-scripts', '--loglevel', 'error'], { cwd: directory });
      await run('npm', ['--prefix', directory, 'run', 'build'], { cwd: directory });
      return checkout;
    } catch (error) {
      checkout[Symbol.dispose]();
      if (!(error instanceof Failed)) throw error;
      throw new UsageError(`${ref} does not build, ${error.message}`);
    }
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }
}

function sameLock(...roots: readonly [string, string]): boolean {
  const [here, there] = roots.map((root) => readFileSync(join(root, 'package-lock.json')));
  return here !== undefined && there !== undefined && here.equals(there);
}

/** A command that did not end with 0. */
class Failed extends Error {
  override readonly name = 'Failed';
}

interface RunOptions {
  readonly cwd?: string;
  /** Is given to its standard input. */
  readonly input?: Buffer;
}

/** Runs a command, which ends with this process at the latest. @returns what it wrote. @throws {Failed} */
async function run(command: string, args: readonly string[], { cwd, input }: RunOptions): Promise<Buffer> {
  // It has a process group of its own, so that its child processes end as well.
  const child = spawn(command, args, { cwd, detached: true });
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  process.once('exit', end);
  try {
    // A command that does not read all of its input reports the reason itself.
    child.stdin.on('error', () => undefined).end(input);
    const [out, errors] = await Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, 'close')]);
    if (child.exitCode === 0) return out;
    const said = Buffer.concat([out, errors]).toString().trimEnd().split('\n');
    throw new Failed([`${[command, ...args].join(' ')}:`, ...excerpt(said)].join('\n  '));
  } finally {
    process.off('exit', end);
  }
}

function excerpt(lines: readonly string[]): readonly string[] {
  const { first, last } = shown;
  return lines.length <= first + last ? lines : [...lines.slice(0, first), '…', ...lines.slice(-last)];
}
