/**
 * Builds everything into `dist/`, unless all of it is there already, made of the same sources. `npm run build -- --sizes`
 * does it in any case, and tells how large the client and the pages are.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const sources = ['LICENSE', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
const directories = ['schemas', 'scripts', 'src'];

/** Says which sources `dist/` was made of. */
const stamp = join(root, 'dist', '.built');

const now = fingerprint();
if (process.argv.includes('--sizes') || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== now) {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  for (const step of ['./client/build.ts', './web.ts', './server.ts']) await import(step);
  writeFileSync(stamp, now);
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const directory of directories) {
    const paths = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).sort();
    for (const path of paths.map((one) => join(directory, one))) if (statSync(join(root, path)).isFile()) add(path);
  }
  for (const path of sources) add(path);
  return hash.digest('hex');

  function add(path: string): void {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
}
