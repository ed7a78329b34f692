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
 * Installs what is missing with `TEST_INSTALL=1`, where that is possible (root on Debian). The tests that need what is
 * still missing are skipped, which is said loudly and, in CI, is a failure.
 */
export function ensurePackages(wanted: readonly Package[], env: NodeJS.ProcessEnv): void {
  if (env['TEST_INSTALL'] === '1') install(missing(wanted), env);
  const absent = missing(wanted).map(({ name }) => name);
  if (absent.length === 0) return;
  const remedy = `Install ${absent.join(', ')} yourself, or as root on Debian with TEST_INSTALL=1.`;
  console.error(`\n!!! NO ${absent.join(', NO ')}: tests are SKIPPED. ${remedy} !!!\n`);
  if (env['CI'] === 'true') throw new Error('no tests must be skipped in CI');
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
