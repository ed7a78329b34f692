import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensurePackages, skipWithout } from './packages.ts';

const absent = { name: 'nowhere', file: '/nowhere/at/all' };

/** The environment of a machine whose apt-get leaves a file. */
function machine(context: TestContext): { env: NodeJS.ProcessEnv; wasAsked: () => boolean } {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-apt-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const trace = join(directory, 'asked');
  writeFileSync(join(directory, 'apt-get'), `#!/bin/sh\n: > ${trace}\n`);
  chmodSync(join(directory, 'apt-get'), 0o755);
  return { env: { PATH: `${directory}:/usr/bin:/bin` }, wasAsked: () => existsSync(trace) };
}

const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

test('nothing is installed unasked, and what is missing is said loudly', (context) => {
  const { env, wasAsked } = machine(context);
  const said = context.mock.method(console, 'error', () => undefined);
  ensurePackages([absent], env);
  assert.equal(wasAsked(), false);
  assert.match(String(said.mock.calls[0]?.arguments[0]), /NO nowhere: tests are SKIPPED.*TEST_INSTALL=1/);
  assert.match(String(skipWithout(absent)), /install the package "nowhere"/);
});

test('in CI a missing package is a failure', (context) => {
  const { env } = machine(context);
  context.mock.method(console, 'error', () => undefined);
  assert.throws(() => ensurePackages([absent], { ...env, CI: 'true' }), /no tests must be skipped in CI/);
});

test('TEST_INSTALL=1 installs', { skip: canInstall ? false : 'for root on Debian only' }, (context) => {
  const { env, wasAsked } = machine(context);
  for (const method of ['log', 'error'] as const) context.mock.method(console, method, () => undefined);
  ensurePackages([absent], { ...env, TEST_INSTALL: '1' });
  assert.equal(wasAsked(), true);
});
