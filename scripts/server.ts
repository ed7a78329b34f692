/**
 * Makes the server, `dist/main.js` and `dist/edge-process.js`, and what they share: few files, which load in half the time.
 * Packages with native parts stay where they are, and so do those that few servers need.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = `${root}dist/`;
const source = `${root}src/`;

/** All files lie beside each other; what a module looks for is where it would be if the module had a file of its own. */
const keepPlaces: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = relative(source, path).replace(/\.ts$/, '.js');
      const contents = await readFile(path, 'utf8');
      return {
        contents: contents.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`),
        loader: 'ts',
      };
    });
  },
};

const parts = 'part-';
for (const name of await readdir(target)) if (name.startsWith(parts)) await rm(target + name);
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts', 'src/edge-process.ts'],
  outdir: 'dist',
  chunkNames: `${parts}[name]-[hash]`,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['lmdb', 'uWebSockets.js', '@btc-vision/*', 'ws', 'selfsigned'],
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [keepPlaces],
  logLevel: 'warning',
});
