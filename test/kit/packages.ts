import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Debian package that tests need, and the file of it that they use. */
export interface Package {
  readonly name: string;
  readonly file: string;
}

const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

export const chromium: Package = { name: 'chromium', file: '/usr/bin/chromium' };
/** For a program whose wall clock the test sets, see `faketime.ts`. */
export const faketime: Package = {
  name: 'libfaketime',
  file: `/usr/lib/${triplet}/faketime/libfaketimeMT.so.1`,
};

export const nginx: Package = { name: 'nginx-light', file: '/usr/sbin/nginx' };
export const haproxy: Package = { name: 'haproxy', file: '/usr/sbin/haproxy' };

/** All of them. */
export const packages: readonly Package[] = [chromium, faketime, nginx, haproxy];

/** The `skip` option of tests that need the package: the reason, or false. */
export function skipWithout({ name, file }: Package): string | false {
  return existsSync(file) ? false : `there is no ${file}: install the package "${name}"`;
}

/**
 * Installs what is missing, where that is possible (root on Debian). Otherwise the tests that need it are skipped,
 * which is said loudly and, in CI, is a failure.
 */
export function ensurePackages(wanted: readonly Package[], env: NodeJS.ProcessEnv): void {
  install(missing(wanted), env);
  const absent = missing(wanted);
  for (const { name } of absent)
    console.error(`\n!!! NO ${name}: tests are SKIPPED. Install the package "${name}" to run them. !!!\n`);
  if (absent.length > 0 && env['CI'] === 'true') throw new Error('no tests must be skipped in CI');
}

function missing(wanted: readonly Package[]): Package[] {
  return wanted.filter(({ file }) => !existsSync(file));
}

function install(wanted: readonly Package[], env: NodeJS.ProcessEnv): void {
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (wanted.length === 0 || !canInstall) return;
  // The run level keeps servers among them from being started.
  const options = { stdio: 'ignore', env: { ...env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } } as const;
  // A package that is not available must not prevent the installation of the others.
  const attempt = (purpose: string, ...args: string[]) => {
    console.log(`${purpose} for the tests …`);
    try {
      execFileSync('apt-get', ['-q', ...args], options);
    } catch (error) {
      console.error(`${purpose} failed: ${error instanceof Error ? error.message : error}`);
    }
  };
  attempt('Reading the lists of packages', 'update');
  for (const { name } of wanted) attempt(`Installing ${name}`, 'install', '-y', '--no-install-recommends', name);
}
