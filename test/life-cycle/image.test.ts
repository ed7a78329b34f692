/** The promises of the Dockerfile; the image itself cannot be built everywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { laterPackage } from '../../src/broker/choose-edge.ts';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);

test('every base image is pinned to one release of Node, or by its digest', () => {
  const names = stages.flatMap((stage) => / AS (\S+)$/m.exec(stage.split('\n')[0] ?? '')?.slice(1) ?? []);
  for (const stage of stages) {
    const [, base = ''] = /^FROM (?:--\S+ )*(\S+)/.exec(stage) ?? [];
    const isPinned = /^node:\d+\.\d+\.\d+-[a-z]+-slim$|@sha256:[0-9a-f]{64}$/.test(base);
    assert.ok(names.includes(base) || isPinned, `${base} is not pinned`);
  }
});

test('the image has the native edge that the server names to those without one', () => {
  assert.ok(dockerfile.includes(`npm pack --silent ${laterPackage} \\\n`));
});

test('what is run has no package manager, and no rights', () => {
  const last = stages.at(-1) ?? '';
  for (const tool of ['npm', 'npx', 'corepack', 'yarn']) {
    assert.match(last, new RegExp(`/usr/local/bin/${tool}\\b`));
    assert.match(last, new RegExp(`! command -v ${tool}\\b`), 'the build fails if it is left');
  }
  assert.match(last, /^USER 1000:1000$/m);
});
