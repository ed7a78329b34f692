import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

test('a defect met on one connection ends that one with 1011, is logged, and reaches no other', async (t) => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
  await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
  await bob.settle();
  const parse = JSON.parse;
  const broken = t.mock.method(JSON, 'parse', (text: string) => {
    if (text.includes('a defect')) return new Proxy({}, { get: () => assert.fail('a defect') });
    return parse(text);
  });
  ada.send({ type: 'echo', body: 'a defect' });
  assert.equal((await ada.next('goodbye')).why, 'internal');
  assert.equal((await ada.closed).code, 1011);
  broken.mock.restore();
  bob.send({ type: 'message', body: 'still here', id: 'm1' });
  assert.equal((await bob.next('ack')).id, 'm1');
  const [problem] = server.problems.splice(0);
  assert.equal(problem?.message, 'a session failed');
});
