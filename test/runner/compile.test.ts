import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from './compile.ts';
import { groupsOf } from './groups.ts';

test('the files of a folder are a group, but for those that need a process of their own', () => {
  const files = ['a/b/two.test.ts', 'a/one.test.ts', 'edge/edges.test.ts', 'edge/raw.test.ts'];
  assert.deepEqual(groupsOf(files, '/test/'), [
    { name: 'a', files: ['/test/a/b/two.test.ts', '/test/a/one.test.ts'] },
    { name: 'edge-edges', files: ['/test/edge/edges.test.ts'] },
    { name: 'edge', files: ['/test/edge/raw.test.ts'] },
  ]);
});

test('a compiled file knows the lines and the places of its source, and starts compiled programs', async (context) => {
  const directory = mkdtempSync(fileURLToPath(new URL('../../.test-source-', import.meta.url)));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'one.test.ts');
  // This very file is compiled in the same way, and must not contain the whole expression.
  const here = 'import.meta.url';
  const lines = [
    'interface Unseen {',
    '  a: number;',
    '}',
    'const unseen: Unseen = { a: 1 };',
    "const say = (text: unknown) => process.stdout.write(text + '\\n');",
    'say(import.meta.url);',
    "say('import.meta.url');",
    `say(new URL('program.ts', ${here}).pathname);`,
    "say(new Error('here').stack?.split('\\n')[1]);",
    'say(unseen.a);',
  ];
  writeFileSync(file, lines.join('\n'));
  writeFileSync(join(directory, 'program.ts'), 'const text: string = "started";\nprocess.stdout.write(text);\n');
  using compiled = await compile([{ name: 'one', files: [file] }]);
  const [program = ''] = compiled.programs;
  const run = (path: string) => execFileSync(process.execPath, ['--enable-source-maps', path], { encoding: 'utf8' });
  const [url, text, started = '', place = '', value] = run(program).split('\n');
  assert.deepEqual([url, text, value], [pathToFileURL(file).href, 'import.meta.url', '1']);
  assert.ok(place.includes(`${file}:9:`), place);
  assert.equal(run(started), 'started');
  compiled[Symbol.dispose]();
  assert.ok(!existsSync(program));
});
