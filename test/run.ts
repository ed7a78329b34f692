/**
 * Runs the tests: `npm test`, or `npm test -- <part of a path> …` for some of them. First installs packages that some
 * of them need.
 */
import { readdirSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { ensurePackages, packages } from './kit/packages.ts';
import { compile } from './runner/compile.ts';
import { groupsOf } from './runner/groups.ts';

const directory = new URL('.', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => path.includes(part))))
  .sort();
if (files.length === 0) throw new Error(`no test file has one of these in its path: ${wanted.join(', ')}`);

ensurePackages(packages, process.env);
using compiled = await compile(groupsOf(files, directory));
// Without tsx, which has started this process: there is nothing left to compile.
process.execArgv = ['--enable-source-maps'];
const events = run({ files: [...compiled.programs], concurrency: 2, timeout: 600_000 });
events.on('test:fail', () => {
  process.exitCode = 1;
});
const report = events.compose(new spec());
report.pipe(process.stdout);
await finished(report);
