/** Defects in timers and callbacks: each is logged once and counted, and affects nobody else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FanOut } from '../../src/hub/fan-out.ts';
import { LogRunner } from '../../src/hub/log-runner.ts';
import { Session } from '../../src/session/session.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

const fail = () => assert.fail('a defect');

/** The only record: its message, and the error in it. */
function problemOf(server: TestServer): [string, string] {
  const [problem, ...others] = server.problems.splice(0);
  assert.deepEqual(others, []);
  const error = problem?.fields?.['error'];
  assert.ok(problem && error instanceof Error);
  return [problem.message, error.message];
}

async function talks(client: JsonClient): Promise<void> {
  client.send({ type: 'message', body: 'still here', id: 'm1' });
  assert.equal((await client.next('ack')).id, 'm1');
}

test('where the process cannot be measured, the figures are the last ones', async () => {
  let isBroken = false;
  const meters = {
    cpuUsage: () => (isBroken ? fail() : process.cpuUsage()),
    memoryUsage: Object.assign(() => (isBroken ? fail() : process.memoryUsage()), { rss: process.memoryUsage.rss }),
  };
  await using server = await startServer({ meters });
  isBroken = true;
  await until(() => server.broker.failures() >= 2, 'it was measured twice');
  assert.equal(server.problems[0]?.fields?.['failures'], 1);
  assert.deepEqual(problemOf(server), ['the process cannot be measured', 'a defect']);
  await using status = await TextClient.connect(`${server.url}/status`);
  const figures = JSON.parse(await status.line(/^\[/));
  assert.ok(figures.at(-1).memory.resident > 0);
  assert.ok(figures.at(-1).failures >= 2);
});

test('a page that fails costs its own connection', async () => {
  const pages = new Map();
  pages.get = (path: string) => (path === '/broken' ? fail() : undefined);
  await using server = await startServer({ pages });
  await using ada = await JsonClient.connect(server.url);
  for (let time = 0; time < 3; time += 1) await fetch(`${server.http}/broken`).catch(() => undefined);
  assert.equal((await fetch(`${server.http}/healthz`)).status, 200);
  await talks(ada);
  const [what, why] = problemOf(server);
  assert.match(what, /cannot be answered$/);
  assert.equal(why, 'a defect');
  assert.equal(server.broker.failures(), 3);
});

describe('a connection', () => {
  test('that cannot be opened is ended with 1011', async (t) => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    t.mock.method(Session.prototype, 'deliver', fail, { times: 1 });
    await using bob = await JsonClient.connect(server.url);
    assert.equal((await bob.next('goodbye')).why, 'internal');
    assert.equal((await bob.closed).code, 1011);
    await talks(ada);
    assert.deepEqual(problemOf(server), ['a session failed', 'a defect']);
  });

  test('whose end fails is gone all the same', async (t) => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    {
      await using bob = await JsonClient.connect(server.url);
      t.mock.method(Session.prototype, 'closed', fail, { times: 1 });
      await bob.settle();
    }
    await until(() => server.broker.failures() === 1, 'it was closed');
    await talks(ada);
    const [what, why] = problemOf(server);
    assert.match(what, /^the end of a connection/);
    assert.equal(why, 'a defect');
  });
});

test('an effect that fails keeps those behind it from nothing', async (t) => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await ada.settle();
  const carryOut = FanOut.prototype.carryOut;
  t.mock.method(FanOut.prototype, 'carryOut', function (this: FanOut, effect: Parameters<typeof carryOut>[0]) {
    if (effect.type === 'publish') fail();
    carryOut.call(this, effect);
  });
  await talks(ada);
  assert.deepEqual(problemOf(server), ['an effect failed', 'a defect']);
});

test('a replay that fails keeps nobody else from theirs', async (t) => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  const { epoch } = await ada.next('joined');
  await talks(ada);
  t.mock.method(LogRunner.prototype, 'drained', fail, { times: 1 });
  await using bob = await JsonClient.connect(`${server.url}/?room=`);
  bob.send({ type: 'join', room: 'lobby', since: { epoch, seq: 0 } });
  await until(() => server.broker.failures() === 1, 'it failed');
  await talks(ada);
  assert.equal(problemOf(server)[1], 'a defect');
});
