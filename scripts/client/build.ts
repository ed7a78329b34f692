/**
 * Makes the client in `dist/sdk/`: a package of its own, with nothing of the server in it, as an ES module and for
 * `require`, with types. How much `import` brings in is checked. It takes the declarations that `tsc` has put into
 * `dist/client/`.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { compress } from '../../src/http/files.ts';
import { packedEndings } from '../../src/http/pages.ts';
import { rolledUp } from './types.ts';

/** In bytes, compressed by gzip. */
const limit = 8 * 1024;

/** Long names inside the client. They are shortened: none is in its types, in a frame, or in what the platform has. */
const inner =
  /^(environment|isIdle|isLeft|isOpen|isRepeatable|isUnderWay|leaving|newId|newPrefix|onWaking|refusal|unacknowledged|waiting)$/;

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
    mangleProps: inner,
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

// For the server; they are no part of the package.
for (const name of ['client.d.ts', 'client.js']) {
  const content = await readFile(new URL(name, target));
  const { br, gzip } = compress(content);
  await writeFile(new URL(name + packedEndings.br, target), br);
  await writeFile(new URL(name + packedEndings.gzip, target), gzip);
  if (process.argv.includes('--sizes'))
    console.log(`dist/sdk/${name}: ${content.length} bytes, ${gzip.length} with gzip`);
  if (name === 'client.js' && gzip.length > limit) throw new Error(`the client is too large (at most ${limit})`);
}

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
    files: ['client.js', 'client.cjs', 'client.d.ts', 'client.d.cts'],
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
