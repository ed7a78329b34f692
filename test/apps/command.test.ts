import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../../src/apps/command.ts';

const path = '/usr/bin:/usr/local/bin';

test('the command to type is the one that started the program', () => {
  const inCheckout = (script: string) => command({ script, directory: '/home/ada/hubbub', path });
  assert.equal(inCheckout('/home/ada/hubbub/dist/main.js'), 'node dist/main.js');
  assert.equal(inCheckout('/home/ada/hubbub/src/main.ts'), 'npx tsx src/main.ts');
  assert.equal(inCheckout('/usr/local/bin/hubbub'), 'hubbub');
  assert.equal(inCheckout('/opt/bin/hubbub'), 'node /opt/bin/hubbub');
  assert.equal(inCheckout('/home/ada/hubbub/my dist/main.js'), 'node "my dist/main.js"');
});
