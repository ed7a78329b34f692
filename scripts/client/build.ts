/**
 * Makes the client in `dist/sdk/`: a package of its own, with nothing of the server in it, as an ES module and for
 * `require`, with types. How much `import` brings in is checked. It takes the declarations that `tsc` has put into
 * `dist/client/`.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { rolledUp } from './types.ts';

/** In bytes, compressed by gzip. */
const limit = 8 * 1024;

const root = new URL('../../', import.meta.url);
const target = new URL('dist/sdk/', root);

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const [format, name] of [
  ['esm', 'client.js'],
  ['cjs', 'client.cjs'],
] as const) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root.pathname,
    entryPoints: ['src/client/connect.ts'],
    outfile: `dist/sdk/${name}`,
    bundle: true,
    format,
    platform: format === 'esm' ? 'browser' : 'node',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
  });
  for (const { text } of outputFiles) {
    // The minifier drops comments, and without this one webpack warns of an import that it cannot follow.
    const code = text.replace(/\bimport\((?=\w+\))/, 'import(/*webpackIgnore:true*/');
    await writeFile(new URL(name, target), code);
  }
  const strangers = Object.keys(metafile.inputs).filter((path) => !/^src\/(client|protocol)\//.test(path));
  if (strangers.length > 0) throw new Error(`the client must not contain ${strangers.join(', ')}`);
}

const types = await rolledUp(new URL('dist/client/connect.d.ts', root));
// TypeScript takes the format of the code from the name of the types.
for (const name of ['client.d.ts', 'client.d.cts']) await writeFile(new URL(name, target), types);
await copyFile(new URL('src/client/README.md', root), new URL('README.md', target));
await copyFile(new URL('LICENSE', root), new URL('LICENSE', target));
await writeFile(new URL('package.json', target), `${JSON.stringify(await manifest(), undefined, 2)}\n`);

const bundle = await readFile(new URL('client.js', target));
const size = gzipSync(bundle, { level: 9 }).length;
if (process.argv.includes('--sizes'))
  console.log(`dist/sdk/client.js: ${bundle.length} bytes, ${size} with gzip (at most ${limit})`);
if (size > limit) throw new Error('the client is too large');

/** The `package.json` of the client: what is exported is what a checkout exports. */
async function manifest(): Promise<object> {
  const own = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  return {
    name: '@hubbub-chat/client',
    version: own.version,
    description:
      'The client of Hubbub, a chat backend: every message once, in order, whatever happens to the connection.',
    keywords: ['chat', 'websocket', 'presence', 'rooms', 'realtime'],
    license: own.license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    // For those that do not read `exports`.
    main: './client.cjs',
    types: './client.d.cts',
    exports: JSON.parse(
      JSON.stringify({ '.': own.exports['./client'], './package.json': './package.json' }).replaceAll(
        './dist/sdk/',
        './',
      ),
    ),
    // Where there is no WebSocket: Node 20.
    peerDependencies: { ws: '>=8' },
    peerDependenciesMeta: { ws: { optional: true } },
  };
}
