/**
 * Bundles the client into one module for browsers and Node, `dist/client/bundle.js`, and checks its imports and its
 * size. Its types are the files that `tsc` has put beside it.
 */
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** In bytes, compressed by gzip. */
const limit = 8 * 1024;

const outfile = 'dist/client/bundle.js';
const { metafile } = await build({
  absWorkingDir: new URL('../', import.meta.url).pathname,
  entryPoints: ['src/client/connect.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  // Imported only where there is no WebSocket.
  external: ['ws'],
  metafile: true,
});

const strangers = Object.keys(metafile.inputs).filter((path) => !/^src\/(client|protocol)\//.test(path));
if (strangers.length > 0) throw new Error(`the client must not contain ${strangers.join(', ')}`);

const bundle = await readFile(new URL(`../${outfile}`, import.meta.url));
const size = gzipSync(bundle, { level: 9 }).length;
console.log(`${outfile}: ${bundle.length} bytes, ${size} with gzip (at most ${limit})`);
if (size > limit) throw new Error('the client is too large');
