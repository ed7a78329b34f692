/**
 * Makes everything that is derived from `schemas/` and the code tables: the frame types, the validators, the AsyncAPI
 * document, the table of options in README.md, and the frames and codes in PROTOCOL.md. With `--check` nothing is written: what would change is listed, and the exit code is 1.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { markdownTable } from '../src/config/help.ts';
import { asyncapi } from './generate/asyncapi.ts';
import { frameTypes } from './generate/frame-types.ts';
import { patterns } from './generate/patterns.ts';
import { closeCodeTable, errorCodeTable, frameSections } from './generate/protocol-tables.ts';
import { loadSchemas } from './generate/schemas.ts';
import { validators } from './generate/validators.ts';

const root = new URL('../', import.meta.url);

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the marks of ${name} are missing`);
  return `${text.slice(0, from + start.length)}\n${content.trim()}\n\n${text.slice(to)}`;
}

const schemas = await loadSchemas(new URL('schemas/', root));
const version = JSON.parse(await readFile(new URL('package.json', root), 'utf8')).version as string;
const readme = await readFile(new URL('README.md', root), 'utf8');
const contract = await readFile(new URL('PROTOCOL.md', root), 'utf8');
const parts: [string, string][] = [
  ['client frames', frameSections(schemas.client, schemas)],
  ['server frames', frameSections(schemas.server, schemas)],
  ['error codes', errorCodeTable()],
  ['close codes', closeCodeTable()],
];
const outputs: Record<string, string> = {
  'src/protocol/generated/frames.ts': await frameTypes(schemas),
  'src/protocol/generated/patterns.ts': patterns(schemas),
  'src/protocol/generated/validators.ts': validators(schemas),
  'schemas/asyncapi.json': `${JSON.stringify(asyncapi(schemas, version), null, 2)}\n`,
  'README.md': between(readme, 'options', markdownTable()),
  'PROTOCOL.md': parts.reduce((text, [name, content]) => between(text, name, content), contract),
};

const check = process.argv.includes('--check');
for (const [path, content] of Object.entries(outputs)) {
  const file = new URL(path, root);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === content) continue;
  if (check) {
    console.error(`${path} is out of date: run "npm run generate"`);
    process.exitCode = 1;
  } else {
    await writeFile(file, content);
    console.log(`${path} written`);
  }
}
