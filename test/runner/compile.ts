/** Compiles the test files of a run, and the programs that they start: once, so that no process compiles for itself. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import type { Group } from './groups.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const options: BuildOptions = {
  absWorkingDir: root,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

/** One program per group. To be disposed of when they have run. */
export interface Compiled extends Disposable {
  readonly programs: readonly string[];
}

export async function compile(groups: readonly Group[]): Promise<Compiled> {
  // Inside the repository: node_modules is found from there. Some programs run as another user, and have to be readable.
  const directory = mkdtempSync(join(root, '.test-'));
  chmodSync(directory, 0o755);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const started = new Set<string>();
  const nameOf = (path: string) => relative(root, path).replace(/\.ts$/, '');
  const places = keepPlaces((path) => {
    started.add(path);
    return join(directory, `${nameOf(path)}.mjs`);
  });
  await build({
    ...options,
    entryPoints: groups.map(({ name }) => ({ in: `group:${name}`, out: name })),
    outdir: directory,
    plugins: [entriesOf(groups), places],
  });
  if (started.size > 0) {
    const entryPoints = Array.from(started, (path) => ({ in: path, out: nameOf(path) }));
    await build({ ...options, entryPoints, outdir: directory, plugins: [places] });
  }
  return { programs: groups.map(({ name }) => join(directory, `${name}.mjs`)), [Symbol.dispose]: remove };
}

/** The program of a group imports its files. */
function entriesOf(groups: readonly Group[]): Plugin {
  return {
    name: 'groups',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^group:/ }, ({ path }) => ({ path, namespace: 'group' }));
      onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => {
        const files = groups.find(({ name }) => path === `group:${name}`)?.files ?? [];
        return { contents: files.map((file) => `import ${JSON.stringify(file)};`).join('\n'), resolveDir: root };
      });
    },
  };
}

/**
 * A compiled file is in another directory, but its relative paths are those of the source, except for programs.
 * @param program tells where a program is when it is compiled.
 */
function keepPlaces(program: (path: string) => string): Plugin {
  return {
    name: 'places',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const place = (file: string) => JSON.stringify(pathToFileURL(file).href);
        const withPrograms = text.replaceAll(
          /new URL\('([^']+\.ts)', import\.meta\.url\)/g,
          (_, file: string) => `new URL(${place(program(resolve(dirname(path), file)))})`,
        );
        const { code } = await transform(withPrograms, {
          define: { 'import.meta.url': place(path) },
          loader: 'ts',
          target: 'node20',
          sourcefile: path,
          sourcemap: 'inline',
        });
        return { contents: code, loader: 'js' };
      });
    },
  };
}
