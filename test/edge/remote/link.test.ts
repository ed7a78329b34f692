import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EdgeHandlers } from '../../../src/edge/handlers.ts';
import { Link } from '../../../src/edge/remote/link.ts';
import { withoutDescriptors } from '../../kit/descriptors.ts';
import { withoutPrlimit } from '../../kit/disk.ts';

const never = () => assert.fail('nothing is asked');
const handlers: EdgeHandlers = {
  admit: never,
  closed: never,
  http: never,
  refused: never,
  unheard: never,
  full: never,
  drained: never,
  failed: never,
};

/** A process that lives, and takes nothing. */
const idler = { command: [process.execPath, '-e', 'setInterval(() => undefined, 1000)'], env: {} } as const;
const text = 'x'.repeat(1024 * 1024);

describe('an edge process that does not take what is sent to it is ended', () => {
  test('when it has let too much wait', async () => {
    let paced = 0;
    const events = { opened: never, closed: never, pace: () => (paced += 1) };
    const link = new Link(idler, handlers, events, { behind: 1000, lost: 2 * text.length, patience: 60_000 });
    for (let sent = 0; sent < 2; sent += 1) link.call('publish', 'topic', text);
    assert.deepEqual([link.isBehind, paced], [true, 2]);
    link.call('publish', 'topic', text);
    assert.equal(await link.ended, `it let more than ${2 * text.length} bytes wait`);
  });

  test('when it takes nothing for some time', async () => {
    const events = { opened: never, closed: never, pace: () => undefined };
    const link = new Link(idler, handlers, events, { behind: 1000, lost: 10 * text.length, patience: 50 });
    link.call('publish', 'topic', text);
    assert.equal(await link.ended, 'it took nothing for 50 ms');
  });

  test('or because it cannot be started', async () => {
    const events = { opened: never, closed: never, pace: never };
    const link = new Link({ command: ['/nowhere/node'], env: {} }, handlers, events);
    assert.match(await link.ended, /ENOENT/);
  });

  test('or because no more files can be opened', { skip: withoutPrlimit }, async () => {
    const events = { opened: never, closed: never, pace: never };
    const ended = await withoutDescriptors(() => new Link(idler, handlers, events).ended);
    assert.match(ended, /EMFILE/);
  });
});
