/**
 * Makes everything that is derived from `schemas/`, the code tables and doc comments: the frame types, the validators,
 * the AsyncAPI document, the frames and codes in PROTOCOL.md, the table of options in docs/configuration.md, and
 * docs/sdk-reference.md. With `--check` it writes nothing: it lists the files that would change, and exits with 1.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { markdownTable } from '../src/config/help.ts';
import { asyncapi } from './generate/asyncapi.ts';
import { chapters } from './generate/frame-notes.ts';
import { frameTypes } from './generate/frame-types.ts';
import { patterns } from './generate/patterns.ts';
import { closeCodeTable, commonFieldTable, errorCodeTable, frameSections } from './generate/protocol-tables.ts';
import { loadSchemas } from './generate/schemas.ts';
import { type ReferenceSource, sdkReference } from './generate/sdk-reference.ts';
import { validators } from './generate/validators.ts';

const root = new URL('../', import.meta.url);

/** Replaces the text between `<!-- name -->` and `<!-- /name -->`. */
function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the marks of ${name} are missing`);
  return `${text.slice(0, from + start.length)}\n${content.trim()}\n\n${text.slice(to)}`;
}

const schemas = await loadSchemas(new URL('schemas/', root));
const read = (path: string) => readFile(new URL(path, root), 'utf8');
const version = JSON.parse(await read('package.json')).version as string;
const contract = await read('PROTOCOL.md');
const parts: [string, string][] = [
  ['common fields', commonFieldTable(schemas)],
  ...Object.entries(chapters).map(([name, frames]): [string, string] => [
    `${name} frames`,
    frameSections(frames, schemas),
  ]),
  ['error codes', errorCodeTable()],
  ['close codes', closeCodeTable()],
];
const publicSources: ReferenceSource[] = [
  { heading: 'connecting', text: await read('src/client/connect.ts') },
  { heading: 'the rest', text: await read('src/client/api.ts') },
  { heading: 'errors', text: await read('src/client/error.ts') },
  {
    heading: 'types of the protocol',
    text: await read('src/protocol/generated/frames.ts'),
    names: ['User', 'Member', 'PresenceState', 'Position', 'GapReason', 'ErrorCode'],
  },
  {
    heading: 'a WebSocket of your own',
    text: await read('src/client/socket.ts'),
    names: ['WebSocketConstructor', 'WebSocketLike'],
  },
];
const outputs: Record<string, string> = {
  'src/protocol/generated/frames.ts': await frameTypes(schemas),
  'src/protocol/generated/patterns.ts': patterns(schemas),
  'src/protocol/generated/validators.ts': validators(schemas),
  'schemas/asyncapi.json': `${JSON.stringify(asyncapi(schemas, version), null, 2)}\n`,
  'docs/configuration.md': between(await read('docs/configuration.md'), 'options', markdownTable()),
  'docs/sdk-reference.md': between(await read('docs/sdk-reference.md'), 'reference', sdkReference(publicSources)),
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
