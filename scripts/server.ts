/**
 * Makes the server: `dist/main.js`, `dist/edge-process.js` and the modules that they share, in few files, which load in half
 * the time. Packages with native parts are not bundled, nor are those that few servers need.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = `${root}dist/`;
const source = `${root}src/`;

/** All files are in one directory, but relative paths in a module mean the place that the module would have by itself. */
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
