/** The promises of the Dockerfile; the image itself cannot be built everywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
const stages = dockerfile.split(/^(?=FROM )/m).slice(1);

test('every base image is pinned by its digest', () => {
  const names = stages.flatMap((stage) => / AS (\S+)$/m.exec(stage.split('\n')[0] ?? '')?.slice(1) ?? []);
  for (const stage of stages) {
    const [, base = ''] = /^FROM (?:--\S+ )*(\S+)/.exec(stage) ?? [];
    assert.ok(names.includes(base) || /@sha256:[0-9a-f]{64}$/.test(base), `${base} is not pinned`);
  }
});

test('what is run has no package manager, and no rights', () => {
  const last = stages.at(-1) ?? '';
  for (const tool of ['npm', 'npx', 'corepack', 'yarn']) {
    assert.match(last, new RegExp(`/usr/local/bin/${tool}\\b`));
    assert.match(last, new RegExp(`! command -v ${tool}\\b`), 'the build fails if it is left');
  }
  assert.match(last, /^USER 1000:1000$/m);
});
