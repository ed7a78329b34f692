import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capacity } from '../../src/broker/capacity.ts';
import { StartError } from '../../src/broker/start-error.ts';

describe('there are as many connections as were asked for', () => {
  test('where any number of files can be opened, and sockets for those who come without a WebSocket', () => {
    assert.deepEqual(capacity(20_000), {
      connections: 20_000,
      sockets: { open: 21_024, webSockets: 20_001 },
      warning: undefined,
    });
    assert.deepEqual(capacity(1).sockets, { open: 1025, webSockets: 896 });
  });

  test('where the limit is as the warning says it should be, and not with less', () => {
    for (const connections of [100, 1000, 20_000, 1_000_000]) {
      const files = Number(/raise it to (\d+) /.exec(capacity(connections, 100).warning ?? '')?.[1]);
      assert.equal(capacity(connections, files).warning, undefined);
      assert.ok(files < connections + 2000);
    }
  });
});

test('else fewer, which the operator is told with both numbers and what to do', () => {
  const { connections, sockets, warning } = capacity(20_000, 1024);
  assert.deepEqual({ connections, sockets }, { connections: 861, sockets: { open: 984, webSockets: 861 } });
  assert.equal(
    warning,
    'there can be 861 connections, not 20000 (--max-connections): the limit of open files is 1024; raise it to 21064 ' +
      '(ulimit -n 21064, LimitNOFILE=21064 of systemd, --ulimit nofile=21064:21064 of docker), or lower --max-connections',
  );
});

test('where no number is asked for there are as many as fit, and nothing is wrong', () => {
  assert.deepEqual(capacity('auto', 1024), {
    connections: 861,
    sockets: { open: 984, webSockets: 861 },
    warning: undefined,
  });
  assert.equal(capacity('auto', 20_000).warning, undefined);
  assert.deepEqual(capacity('auto'), capacity(20_000));
});

test('each edge process has a limit of its own', () => {
  const { connections, sockets } = capacity(20_000, 1024, 4);
  assert.deepEqual(sockets, { open: 984, webSockets: 861 });
  assert.equal(connections, 4 * 861);
  assert.equal(capacity(2000, 1024, 4).warning, undefined);
});

test('a limit that is too low for any server ends the start', () => {
  const tooLow = (error: unknown) =>
    error instanceof StartError && /^the limit of open files is \d+, and the server needs at least/.test(error.message);
  assert.throws(() => capacity(20_000, 55), tooLow);
  assert.equal(capacity(20_000, 56).connections, 14);
  assert.throws(() => capacity(20_000, 100, 8), tooLow);
});
