/**
 * Runs the program on the versions of Node that this one is not: `npm run test:nodes`, or `npm run test:nodes -- 24`. Each
 * starts, holds a conversation, and runs the suites of the edge; which edge it has depends on the C library of this machine.
 * They come from the npm registry, and go into a temporary directory.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const versions = ['20.20.2', '22.23.5', '24.22.3', '26'];
const suites = ['life-cycle/conversation', 'life-cycle/natives', 'edge/'];

const wanted = process.argv.slice(2);
const root = new URL('..', import.meta.url).pathname;
const failed = versions.filter((version) => isWanted(version) && !passes(version));
if (failed.length > 0) throw new Error(`the tests fail on Node ${failed.join(', ')}`);

function isWanted(version: string): boolean {
  const [major = ''] = version.split('.');
  return wanted.length > 0 ? wanted.includes(major) : major !== process.versions.node.split('.')[0];
}

function passes(version: string): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-node-'));
  try {
    const node = fetchNode(version, directory);
    process.stdout.write(`\nNode ${execFileSync(node, ['--version'], { encoding: 'utf8' })}`);
    const { status } = spawnSync(node, ['--import', 'tsx', 'test/run.ts', ...suites], {
      cwd: root,
      // The tests start programs by the name `node`, too.
      env: { ...process.env, PATH: `${join(node, '..')}:${process.env['PATH']}` },
      stdio: 'inherit',
    });
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** @returns the path of the program. */
function fetchNode(version: string, directory: string): string {
  const name = `node-${process.platform}-${process.arch}`;
  execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: directory });
  const [archive = ''] = readdirSync(directory);
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', 'package/bin/node'], { cwd: directory });
  return join(directory, 'bin/node');
}
