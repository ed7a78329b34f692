import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where Debian's package puts it. */
export const chromium = '/usr/bin/chromium';

/**
 * Installs Chromium where it is missing and that is possible (root on Debian). Otherwise the tests that need it are
 * skipped, which is said loudly and, in CI, is a failure.
 */
export async function ensureChromium(env: NodeJS.ProcessEnv): Promise<void> {
  if (existsSync(chromium)) return;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    console.log('Installing Chromium for the browser tests …');
    const options = { stdio: 'ignore', env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    try {
      execFileSync('apt-get', ['update', '-q'], options);
      execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], options);
    } catch (error) {
      console.error(`Chromium could not be installed: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (existsSync(chromium)) return;
  console.error('\n!!! NO CHROMIUM: the browser tests are SKIPPED. Install the package "chromium" to run them. !!!\n');
  if (env['CI'] === 'true') throw new Error('the browser tests must not be skipped in CI');
}
