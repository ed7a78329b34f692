/**
 * Makes the web pages in `dist/web/`: `index.html` and `status.html`, and under `assets/` what they need, each with a name
 * that changes with its content. What it all takes is checked.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** In bytes, compressed by gzip: everything together. */
const limit = 40 * 1024;

const root = new URL('../', import.meta.url);
const source = 'src/apps/web';
const target = new URL('dist/web/', root);

const pages = [
  { html: 'index.html', script: 'main.tsx', style: 'style/chat.css' },
  { html: 'status.html', script: 'status.tsx', style: 'style/status.css' },
];

/** What both have. */
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
  // In a browser there is a WebSocket; the client looks for this one where there is none.
  external: ['ws'],
  metafile: true,
});

const icon = await readFile(new URL(`${source}/icon.svg`, root));
const iconName = `assets/icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
const files = new Map<string, Uint8Array>([[iconName, icon]]);
for (const { path, contents } of outputFiles) files.set(path.slice(target.pathname.length), contents);
for (const { html, script, style } of pages) {
  const template = await readFile(new URL(`${source}/${html}`, root), 'utf8');
  const names: Record<string, string> = { icon: iconName, theme: made(theme), script: made(script), style: made(style) };
  const page = template.replace(/\{(icon|theme|script|style)\}/g, (_, name: string) => `/${names[name]}`);
  files.set(html, Buffer.from(page.replace(/^\s+/gm, '')));
}

await rm(target, { recursive: true, force: true });
await mkdir(new URL('assets/', target), { recursive: true });
let sum = 0;
for (const [path, content] of [...files].sort()) {
  await writeFile(new URL(path, target), content);
  const size = gzipSync(content, { level: 9 }).length;
  sum += size;
  console.log(`dist/web/${path}: ${content.length} bytes, ${size} with gzip`);
}
console.log(`dist/web/: ${sum} bytes with gzip (at most ${limit})`);
if (sum > limit) throw new Error('the web pages are too large');

/** What became of an entry point. */
function made(entry: string): string {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === `${source}/${entry}`);
  if (!found) throw new Error(`nothing was made of ${entry}`);
  return found[0].replace('dist/web/', '');
}
