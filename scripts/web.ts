/**
 * Builds the web pages in `dist/web/`: `index.html` and `status.html`, and under `assets/` their files, each with a
 * name that changes with its content. Checks the size of each page.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { compress } from '../src/http/files.ts';
import { packedEndings } from '../src/http/pages.ts';

/** In bytes, compressed by gzip: a page with everything it loads. */
const limit = 40 * 1024;

const root = new URL('../', import.meta.url);
const source = 'src/apps/web';
const target = new URL('dist/web/', root);

const pages = [
  { html: 'index.html', script: 'main.tsx', style: 'style/chat.css' },
  { html: 'status.html', script: 'status.tsx', style: 'style/status.css' },
];

/** The style that both pages share. */
const theme = 'style/theme.css';

const { outputFiles, metafile } = await build({
  absWorkingDir: root.pathname,
  entryPoints: [theme, ...pages.flatMap(({ script, style }) => [script, style])].map((path) => `${source}/${path}`),
  entryNames: '[name]-[hash]',
  chunkNames: 'shared-[hash]',
  outdir: 'dist/web/assets',
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  metafile: true,
});

const icon = await readFile(new URL(`${source}/icon.svg`, root));
const iconName = `assets/icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
const files = new Map<string, Uint8Array>([[iconName, icon]]);
for (const { path, contents } of outputFiles) files.set(path.slice(target.pathname.length), contents);
for (const { html, script, style } of pages) {
  const template = await readFile(new URL(`${source}/${html}`, root), 'utf8');
  const names: Record<string, string> = {
    icon: iconName,
    theme: made(theme),
    script: made(script),
    style: made(style),
  };
  // Relative: a proxy may serve the pages under a path that only it knows.
  const page = template.replace(/\{(icon|theme|script|style)\}/g, (_, name: string) => names[name] ?? '');
  files.set(html, Buffer.from(page.replace(/^\s+/gm, '')));
}

await rm(target, { recursive: true, force: true });
await mkdir(new URL('assets/', target), { recursive: true });
const sizes = new Map<string, number>();
for (const [path, content] of [...files].sort()) {
  await writeFile(new URL(path, target), content);
  const { br, gzip } = compress(content);
  await writeFile(new URL(path + packedEndings.br, target), br);
  await writeFile(new URL(path + packedEndings.gzip, target), gzip);
  sizes.set(path, gzip.length);
  tell(`dist/web/${path}: ${content.length} bytes, ${gzip.length} with gzip`);
}
for (const { html, script, style } of pages) {
  const parts = [html, iconName, made(theme), made(style), ...loadedBy(made(script))];
  const sum = parts.reduce((bytes, path) => bytes + (sizes.get(path) ?? 0), 0);
  tell(`dist/web/${html} with all it loads: ${sum} bytes with gzip (at most ${limit})`);
  if (sum > limit) throw new Error(`${html} is too large`);
}

function tell(size: string): void {
  if (process.argv.includes('--sizes')) console.log(size);
}

/** A script, and what it imports. */
function loadedBy(path: string): string[] {
  const imports = metafile.outputs[`dist/web/${path}`]?.imports ?? [];
  const own = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
  return [path, ...own.map((one) => one.path.replace('dist/web/', ''))];
}

/** The output of an entry point. */
function made(entry: string): string {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === `${source}/${entry}`);
  if (!found) throw new Error(`nothing was made of ${entry}`);
  return found[0].replace('dist/web/', '');
}
