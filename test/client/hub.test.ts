import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { mayReturn } from '../../src/client/backoff.ts';
import { HubbubError } from '../../src/client/error.ts';
import { socketUrl } from '../../src/client/socket.ts';
import { closeCodes } from '../../src/protocol/codes.ts';
import type { ServerWelcome } from '../../src/protocol/generated/frames.ts';
import { ack, ada, bench, joined, settled } from './fakes.ts';

const query = (url: URL) => [...url.searchParams];
/** The latest event. */
const latest = (events: [string, unknown][]) => events.at(-1)?.[1] as { retry: number; reason: unknown; path: string };
const states = (events: [string, unknown][]) =>
  events.filter(([event]) => event === 'state').map(([, change]) => (change as { state: string }).state);

describe('connecting', () => {
  test('says who it is, and enters no room by itself', async () => {
    const { sockets, hub } = bench({ name: 'ada', token: 'an earlier ticket' });
    await settled();
    assert.equal(sockets.length, 1);
    assert.deepEqual(query(sockets[0]?.url as URL), [
      ['room', ''],
      ['name', 'ada'],
    ]);
    assert.deepEqual(sockets[0]?.protocols, ['hubbub.json']);
    assert.equal(sockets[0]?.binaryType, 'arraybuffer');
    assert.equal(hub.state, 'connecting');
  });

  test('an address may be that of HTTP', () => {
    assert.equal(socketUrl('https://chat.example/ws?key=1#x').href, 'wss://chat.example/ws?key=1');
    assert.equal(socketUrl('ws://chat.example').href, 'ws://chat.example/');
    assert.throws(() => socketUrl('ftp://chat.example'), TypeError);
    assert.throws(() => socketUrl('/relative'), TypeError);
  });

  test('what is asked for before there is a connection waits for it', async () => {
    const { hub, online, events } = bench();
    const rooms = hub.rooms('gen');
    const room = hub.join('general', { last: 5 });
    const socket = await online();
    assert.deepEqual(states(events), ['online']);
    const [join, ask] = socket.sent.splice(0);
    assert.deepEqual(join, { type: 'join', room: 'general', last: 5, id: 'x-2' });
    assert.deepEqual(ask, { type: 'rooms', prefix: 'gen', limit: 1000, id: 'x-1' });
    socket.says({ type: 'rooms', rooms: [{ room: 'general', count: 1 }], cursor: 'c', id: 'x-1' });
    await settled();
    assert.equal(socket.take('rooms').cursor, 'c');
    socket.says({ type: 'rooms', rooms: [{ room: 'genus', count: 2 }], id: 'x-3' }, joined(0, { id: 'x-2' }));
    assert.deepEqual(
      (await rooms).map((one) => one.room),
      ['general', 'genus'],
    );
    assert.equal((await room).name, 'general');
    assert.deepEqual([...hub.joined.keys()], ['general']);
  });

  test('what the server takes is known with the first connection', async () => {
    const { hub, online } = bench();
    assert.equal(hub.limits, undefined);
    const limits = { frame: 1000, rooms: 2, frames: { perSecond: 5, burst: 10 } };
    hub.on('state', ({ state }) => assert.deepEqual(state === 'online' && hub.limits, limits));
    await online({ limits });
    assert.deepEqual(hub.limits, limits);
  });

  test('a server that does not answer is given up', async () => {
    const { sockets, clock, hub, events } = bench({ heartbeat: { timeout: 3000 } });
    await clock.pass(2999);
    assert.equal(hub.state, 'connecting');
    await clock.pass(1);
    assert.equal(hub.state, 'offline');
    assert.equal(sockets[0]?.closedWith, 4000);
    assert.deepEqual(events.at(-1)?.[1], {
      state: 'offline',
      reason: { code: 1006, message: 'the server does not answer' },
      retry: 250,
    });
    sockets[0]?.says({ type: 'goodbye', code: 4900, why: 'quit', message: 'too late' });
    sockets[0]?.ends(4900);
    await clock.pass(250);
    assert.equal(sockets.length, 2);
    assert.equal(hub.state, 'connecting');
  });
});

test('an error ends the connection, also where no close follows', async () => {
  const { clock, events, socket } = await start();
  socket.onerror?.({ message: 'connect ECONNREFUSED' } as never);
  socket.ends(4001, 'first the close');
  await clock.pass(0);
  const closed = { code: 4001, message: 'first the close' };
  assert.deepEqual(latest(events).reason, closed);
  const other = bench();
  await settled();
  other.socket.onerror?.({ message: 'connect ECONNREFUSED' } as never);
  await other.clock.pass(0);
  assert.deepEqual(latest(other.events).reason, { code: 1006, message: 'connect ECONNREFUSED' });
  other.socket.ends(1006, 'late');
  assert.equal(other.events.length, 1);
});

/** A welcome to a connection that has shown no credential. */
const guest: ServerWelcome = {
  type: 'welcome',
  connection: 'c1',
  user: { id: 'u-guest', name: 'ada' },
  server: { name: 'hubbub', version: '1' },
  protocol: 1,
  limits: { frame: 65536, rooms: 100 },
  rooms: [],
  heartbeat: 60_000,
  ticket: 'the ticket of a guest',
};

describe('who this is', () => {
  test('a credential goes in the first frame, with the name; nothing else is said or told before the answer', async () => {
    const { hub, sockets, events } = bench({ name: 'ada', token: 'a credential' });
    const rooms = hub.rooms();
    const room = hub.join('general');
    room.catch(() => undefined);
    await settled();
    const [socket] = sockets;
    assert.ok(socket);
    assert.doesNotMatch(socket.url.href, /credential/);
    assert.deepEqual(socket.sent, []);
    socket.says(guest);
    await settled();
    assert.deepEqual(socket.take('hello'), { type: 'hello', token: 'a credential', name: 'ada', id: 'hello' });
    assert.deepEqual(events, []);
    assert.equal(hub.user, undefined);
    socket.says({ ...guest, user: ada, ticket: 'the ticket of ada', id: 'hello' });
    await settled();
    assert.deepEqual(hub.user, ada);
    assert.equal(hub.ticket, 'the ticket of ada');
    assert.deepEqual(states(events), ['online']);
    assert.deepEqual(
      socket.sent.map(({ type }) => type),
      ['join', 'rooms'],
    );
    void hub.close({ timeout: 0 });
    await assert.rejects(Promise.all([rooms, room]), { code: 'closed' });
  });

  test('a name that was refused is not asked for again with the credential', async () => {
    const { socket } = await connecting({ name: ' ada', token: 'a credential' });
    socket.says({ ...guest, user: { id: 'u-guest', name: 'guest-1234' } });
    assert.deepEqual(socket.take('hello'), { type: 'hello', token: 'a credential', id: 'hello' });
  });

  for (const code of ['invalid_token', 'invalid_frame'] as const) {
    test(`a credential that is refused with ${code} makes it a guest of that name, who is told so first`, async () => {
      const { hub, socket, events } = await connecting({ name: 'ada', token: 'nonsense' });
      socket.says(guest);
      socket.take('hello');
      socket.says({ type: 'error', code, message: 'not valid', path: '/token', id: 'hello' });
      assert.deepEqual(
        events.map(([event]) => event),
        ['refused', 'user', 'state'],
      );
      assert.deepEqual(hub.user, guest.user);
      assert.equal(hub.ticket, guest.ticket);
      assert.equal(hub.state, 'online');
    });
  }

  test('a server that does not answer the credential is given up', async () => {
    const { clock, hub, socket } = await connecting({ token: 'a credential' });
    socket.says(guest);
    await clock.pass(10_000);
    assert.equal(hub.state, 'offline');
  });

  test('a token that comes too late is not used', async () => {
    const answers: ((token: string) => void)[] = [];
    const token = () => new Promise<string>((resolve) => answers.push(resolve));
    const { clock, sockets } = bench({ token });
    await clock.pass(10_000);
    await clock.pass(500);
    assert.equal(answers.length, 2);
    answers[0]?.('late');
    await settled();
    assert.equal(sockets.length, 0);
    answers[1]?.('in time');
    await settled();
    sockets[0]?.says(guest);
    assert.equal(sockets[0]?.take('hello').token, 'in time');
  });

  test('the ticket of the last welcome brings the same user back', async () => {
    const { hub, clock, socket, sockets, events } = await start({ name: 'ada' });
    assert.equal(hub.ticket, 'ticket-1');
    assert.deepEqual(events[0], ['user', { user: ada, before: undefined }]);
    socket.ends();
    await clock.pass(500);
    assert.deepEqual(query(sockets[1]?.url as URL), [['room', '']]);
    sockets[1]?.says({ ...guest, user: { id: 'u-guest', name: 'guest-1234' } });
    const { id, token } = sockets[1]?.take('hello') ?? {};
    assert.equal(token, 'ticket-1');
    sockets[1]?.says({ ...guest, user: ada, ticket: 'ticket-2', ...(id !== undefined && { id }) });
    await settled();
    assert.deepEqual(hub.user, ada);
    assert.equal(hub.ticket, 'ticket-2');
    assert.equal(events.filter(([event]) => event === 'user').length, 1);
  });

  test('a function is asked for the token at every connection, and may fail', async () => {
    const answers = [
      async () => 'first',
      () => undefined,
      () => Promise.reject(new Error('no token now')),
      () => 'last',
    ];
    const { clock, sockets, events } = bench({ token: () => answers.shift()?.() });
    const tokens: (string | undefined)[] = [];
    const online = async () => {
      await settled();
      const socket = sockets.at(-1);
      socket?.says(guest);
      const { id, token } = socket?.take('hello') ?? {};
      tokens.push(token);
      if (id !== undefined) socket?.says({ ...guest, ticket: `ticket-${sockets.length}`, id });
      await settled();
    };
    await online();
    sockets[0]?.ends();
    await clock.pass(250);
    await online();
    sockets[1]?.ends();
    await clock.pass(500);
    assert.deepEqual(events.at(-1)?.[1], {
      state: 'offline',
      reason: { code: 1006, message: 'no token now' },
      retry: 1000,
    });
    await clock.pass(1000);
    await online();
    assert.deepEqual(tokens, ['first', 'ticket-1', 'last']);
  });

  test('a ticket that is refused makes it a new guest, who keeps the name and the state, and is told so', async () => {
    const { hub, sockets, clock, socket, events } = await start({ name: 'ada' });
    const away = hub.status('away', 'lunch');
    await settled();
    socket.says({ type: 'ack', id: socket.take('status').id, at: 1 });
    await away;
    socket.ends();
    await clock.pass(500);
    const again = sockets.at(-1);
    assert.ok(again);
    again.says({ ...guest, user: { id: 'u-new', name: 'guest-1234' } });
    again.take('hello');
    again.says({ type: 'error', code: 'invalid_token', message: 'not valid', path: '/token', id: 'hello' });
    assert.deepEqual(
      again.sent.splice(0).map(({ id: _, ...frame }) => frame),
      [
        { type: 'name', name: 'ada' },
        { type: 'status', state: 'away', note: 'lunch' },
      ],
    );
    const refused = events.find(([event]) => event === 'refused')?.[1] as HubbubError;
    assert.equal(refused.code, 'invalid_token');
    const user = { id: 'u-new', name: 'ada' };
    assert.deepEqual(events.filter(([event]) => event === 'user').at(-1)?.[1], { user, before: ada });
    assert.deepEqual(hub.user, user);
  });

  test('a new name is kept, also if another device gave it', async () => {
    const { hub, socket, online, joined: join, clock } = await start();
    await join();
    const rename = hub.rename('ada l');
    await settled();
    socket.says({ type: 'ack', id: socket.take('name').id, at: 1 });
    await rename;
    assert.equal(hub.user?.name, 'ada l');
    const member = { id: ada.id, name: 'countess', state: 'online', connections: 2 } as const;
    socket.says({ type: 'presence', room: 'general', count: 1, changes: [{ ...member, was: { name: 'ada l' } }] });
    assert.equal(hub.user?.name, 'countess');
    socket.ends();
    await clock.pass(500);
    const again = await online();
    assert.deepEqual(again.sent[0], { type: 'name', name: 'countess', id: 'x-3' });
  });
});

describe('coming back', () => {
  test('after pauses that double, with full jitter, up to a limit', async () => {
    const pauses = async (random: number) => {
      const made = bench({ backoff: { base: 100, max: 1000 } });
      made.random = random;
      for (let attempt = 0; attempt < 6; attempt += 1) {
        await settled();
        made.socket.ends();
        await made.clock.pass(latest(made.events).retry);
      }
      return made.events.flatMap(([, change]) => (change as { retry?: number }).retry ?? []);
    };
    assert.deepEqual(await pauses(0.999), [99.9, 199.8, 399.6, 799.2, 999, 999]);
    assert.deepEqual(await pauses(0.25), [25, 50, 100, 200, 250, 250]);
    assert.deepEqual(await pauses(0), [0, 0, 0, 0, 0, 0]);
  });

  test('a connection that lasted starts anew, one that did not does not', async () => {
    const { socket, clock, online, events } = await start();
    const retry = () => latest(events).retry;
    socket.ends();
    assert.equal(retry(), 250);
    await clock.pass(250);
    const second = await online();
    await clock.pass(4999);
    second.ends();
    assert.equal(retry(), 500);
    await clock.pass(500);
    const third = await online();
    await clock.pass(5000);
    third.ends();
    assert.equal(retry(), 250);
  });

  test('when the server says', async () => {
    const { socket, clock, online, events, sockets } = await start();
    socket.says({ type: 'goodbye', code: 1001, why: 'shutdown', message: 'shutting down', retry: 1200 });
    socket.ends(1001, 'the server is shutting down');
    assert.deepEqual(events.at(-1)?.[1], {
      state: 'offline',
      reason: { code: 1001, message: 'shutting down' },
      retry: 1200,
    });
    await clock.pass(1199);
    assert.equal(sockets.length, 1);
    await clock.pass(1);
    assert.equal(sockets.length, 2);
    // Several failures: the backoff may be longer than the server's `retry`.
    (await online()).says({ type: 'goodbye', code: 4008, why: 'slow_reader', message: 'too slow', retry: 0 });
    sockets[1]?.ends(4008);
    assert.equal(latest(events).retry, 500);
  });

  test('not at all after codes that say so', async () => {
    for (const [code, reason] of [
      [1000, ''],
      [1009, 'the frame is longer than the limit'],
      [4500, 'banned'],
      [4999, ''],
    ] as const) {
      const { hub, socket, clock, sockets, events, joined: join } = await start();
      const room = await join();
      const sending = assert.rejects(room.send('lost'), { code: 'closed' });
      socket.ends(code, reason);
      assert.equal(hub.state, 'closed');
      const message = reason || 'the connection was lost';
      assert.deepEqual(events.at(-1), ['state', { state: 'closed', reason: { code, message } }]);
      await sending;
      await assert.rejects(async () => {
        for await (const _ of room);
      }, new HubbubError('closed', message));
      await assert.rejects(hub.join('general'), { code: 'closed' });
      await assert.rejects(hub.list(), { code: 'closed' });
      await clock.pass(100_000);
      assert.equal(sockets.length, 1);
      assert.equal(clock.timers, 0);
    }
  });

  test('a goodbye counts, even if the close is lost', async () => {
    const { hub, socket } = await start();
    socket.says({ type: 'goodbye', code: 4501, why: 'quit', message: 'never again' });
    socket.ends(1006);
    assert.equal(hub.state, 'closed');
  });

  test('as the table of close codes says', () => {
    for (const { code, reconnect } of Object.values(closeCodes)) assert.equal(mayReturn(code), reconnect, String(code));
    for (const code of [1005, 1006, 1012, 4000, 4499]) assert.ok(mayReturn(code));
  });

  test('at once when the machine wakes up', async () => {
    const { socket, clock, sockets, wake, hub } = await start();
    socket.ends();
    wake();
    await settled();
    assert.equal(sockets.length, 2);
    await clock.pass(500);
    assert.equal(sockets.length, 2);
    assert.equal(hub.state, 'connecting');
  });

  test('what is not of the protocol ends the connection', async () => {
    const { socket, hub, events } = await start();
    socket.saysRaw('{"type":');
    assert.equal(hub.state, 'offline');
    assert.deepEqual(latest(events).reason, {
      code: 1006,
      message: 'what came is not of the protocol',
    });
  });
});

describe('the heartbeat', () => {
  test('asks after a silence, and gives up when nothing comes', async () => {
    const { socket, clock, hub } = await start();
    await clock.pass(24_999);
    assert.deepEqual(socket.sent, []);
    await clock.pass(1);
    socket.take('ping');
    await clock.pass(9999);
    assert.equal(hub.state, 'online');
    socket.says({ type: 'pong', at: 1 });
    await clock.pass(25_000);
    socket.take('ping');
    await clock.pass(10_000);
    assert.equal(hub.state, 'offline');
    assert.equal(socket.closedWith, 4000);
  });

  test('is spared while the server talks', async () => {
    const { socket, clock, joined: join } = await start();
    await join();
    for (let count = 0; count < 10; count += 1) {
      await clock.pass(20_000);
      socket.says({ type: 'presence', room: 'general', count });
    }
    assert.deepEqual(socket.sent, []);
  });

  test('is faster where the server gives up sooner, and as it is set', async () => {
    const quick = await start({}, { heartbeat: 8000 });
    await quick.clock.pass(4000);
    quick.socket.take('ping');
    const set = await start({ heartbeat: { interval: 500, timeout: 100 } });
    await set.clock.pass(500);
    set.socket.take('ping');
    await set.clock.pass(100);
    assert.equal(set.hub.state, 'offline');
  });

  test('comes at once when the machine wakes up, and once', async () => {
    const { socket, clock, wake, hub } = await start();
    wake();
    wake();
    socket.take('ping');
    await clock.pass(10_000);
    assert.equal(hub.state, 'offline');
  });
});

describe('asking', () => {
  test('the answer, or an error with its code and path', async () => {
    const { hub, socket } = await start();
    const direct = hub.direct('u-bob', { hi: 1 }, { mime: 'application/x' });
    await settled();
    const { id, ...frame } = socket.take('direct');
    assert.deepEqual(frame, { type: 'direct', to: 'u-bob', body: { hi: 1 }, mime: 'application/x' });
    socket.says({ type: 'ack', id, at: 7 });
    assert.equal((await direct).at, 7);
    const nobody = hub.signal('u-nobody', 'offer');
    await settled();
    const error = { type: 'error', code: 'unknown_user', message: 'nobody', path: '/to' } as const;
    socket.says({ ...error, id: socket.take('signal').id });
    await assert.rejects(nobody, { name: 'HubbubError', code: 'unknown_user', message: 'nobody', path: '/to' });
    const ping = hub.ping();
    await settled();
    socket.says({ type: 'pong', at: 1, id: socket.take('ping').id });
    assert.equal(await ping, 0);
  });

  test('again on the next connection, unless twice would do harm', async () => {
    const { hub, socket, clock, online } = await start();
    const list = hub.list();
    const direct = hub.direct('u-bob', 'psst');
    await settled();
    socket.ends();
    await assert.rejects(direct, { code: 'connection_lost' });
    await assert.rejects(hub.ping(), { code: 'offline' });
    await assert.rejects(hub.signal('u-bob', 'offer'), { code: 'offline' });
    const later = hub.broadcast('I am back');
    await clock.pass(500);
    const again = await online();
    const [first, second] = again.sent;
    assert.deepEqual([first?.type, second?.type], ['list', 'broadcast']);
    const members = [{ ...ada, state: 'online', connections: 1 } as const];
    again.says({ type: 'members', count: 1, members, id: first?.id as string });
    again.says({ type: 'ack', id: second?.id as string, at: 9 });
    assert.deepEqual(await list, members);
    assert.equal((await later).at, 9);
  });

  test('again after a while, where the server says so', async () => {
    const { hub, socket, clock } = await start();
    const direct = hub.direct('u-bob', 'psst');
    await settled();
    const { id } = socket.take('direct');
    socket.says({ type: 'error', code: 'rate_limited', message: 'too fast', retry: 300, id });
    await clock.pass(299);
    assert.deepEqual(socket.sent, []);
    await clock.pass(1);
    assert.equal(socket.take('direct').id, id);
    socket.says({ type: 'ack', id, at: 1 });
    await direct;
  });

  test('what nobody waits for is an event', async () => {
    const { socket, events } = await start();
    socket.says({ type: 'error', code: 'invalid_frame', message: 'name must not be empty', path: '/name' });
    assert.equal(latest(events).path, '/name');
    const { type: _, ...direct } = { type: 'direct', to: 'u-ada', from: ada, at: 1, body: 'psst' } as const;
    socket.says({ type: 'direct', ...direct }, { type: 'signal', from: ada, kind: 'offer', body: 1 });
    socket.says({ type: 'broadcast', from: ada, at: 2, body: 'all' }, { type: 'later' } as never);
    assert.deepEqual(events.slice(-3), [
      ['direct', direct],
      ['signal', { from: ada, kind: 'offer', body: 1 }],
      ['broadcast', { from: ada, at: 2, body: 'all' }],
    ]);
  });
});

describe('ending', () => {
  test('a signal ends a call', async () => {
    const { hub, socket } = await start();
    const reason = new Error('changed my mind');
    await assert.rejects(hub.list({ signal: AbortSignal.abort(reason) }), reason);
    await assert.rejects(hub.join('general', { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(socket.sent.length, 0);
    const controller = new AbortController();
    const { signal } = controller;
    const list = hub.list({ signal });
    const join = hub.join('general', { signal });
    await settled();
    const [under, ...others] = socket.sent.splice(0).sort((a, b) => a.type.localeCompare(b.type));
    assert.deepEqual([under?.type, others.length], ['join', 1]);
    controller.abort(reason);
    await assert.rejects(list, reason);
    await assert.rejects(join, reason);
    await settled();
    const leave = socket.take('leave');
    assert.equal(leave.room, 'general');
    assert.equal(hub.joined.size, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);

    // A request under way does not affect the next connection.
    const other = new AbortController();
    const again = hub.join('general', { signal: other.signal });
    await settled();
    const { id } = socket.take('join');
    socket.says(joined(3, { id: under?.id as string, count: 7 }), { type: 'presence', room: 'general', count: 8 });
    socket.says({ type: 'left', room: 'general', id: leave.id });
    assert.equal(hub.joined.get('general')?.count, 0);
    socket.says(joined(4, { id }));
    assert.deepEqual((await again).position, { epoch: 'e1', seq: 4 });
    await settled();
    assert.equal(getEventListeners(other.signal, 'abort').length, 0);
  });

  test('a room that somebody else waits for too is not left', async () => {
    const { hub, socket } = await start();
    const controller = new AbortController();
    const join = hub.join('general', { signal: controller.signal });
    const other = hub.join('general');
    await settled();
    controller.abort();
    await assert.rejects(join, { name: 'AbortError' });
    socket.says(joined(0, { id: socket.take('join').id }));
    assert.equal((await other).name, 'general');
  });

  test('a refused join', async () => {
    const { hub, socket } = await start();
    const join = hub.join('my room');
    await settled();
    const { id } = socket.take('join');
    socket.says({ type: 'error', code: 'invalid_frame', message: 'no spaces', path: '/room', id });
    await assert.rejects(join, { code: 'invalid_frame', path: '/room' });
    assert.equal(hub.joined.size, 0);
  });

  test('close says goodbye once everything is acknowledged', async () => {
    const { hub, socket, joined: join, clock, wakers } = await start();
    const room = await join();
    const loop = (async () => {
      for await (const _ of room);
    })();
    const sending = room.send('last words');
    const closing = hub.close();
    await settled();
    assert.equal(socket.closedWith, undefined);
    await assert.rejects(room.send('too late'), { code: 'closed' });
    socket.says(ack(socket.take('message').id, 1));
    assert.equal((await sending).seq, 1);
    await settled();
    assert.equal(socket.closedWith, 1000);
    socket.ends(1000);
    await Promise.all([closing, loop, hub.close(), hub[Symbol.asyncDispose]()]);
    assert.equal(hub.state, 'closed');
    assert.equal(clock.timers, 0);
    assert.equal(wakers.size, 0);
  });

  test('close does not wait for ever', async () => {
    const { hub, socket, joined: join, clock } = await start();
    const room = await join();
    const sending = assert.rejects(room.send('unheard'), { code: 'closed' });
    const closing = hub.close({ timeout: 300 });
    await clock.pass(300);
    await sending;
    assert.equal(socket.closedWith, 1000);
    await clock.pass(1000);
    await closing;
    assert.equal(clock.timers, 0);
  });

  test('a signal closes the hub, at any time', async () => {
    const controller = new AbortController();
    const { hub, socket } = await start({ signal: controller.signal });
    controller.abort();
    await settled();
    assert.equal(hub.state, 'closed');
    assert.equal(socket.closedWith, 1000);
    const never = bench({ signal: AbortSignal.abort() });
    await never.clock.pass(1000);
    assert.equal(never.hub.state, 'closed');
    assert.equal(never.sockets.length, 0);
    const early = bench();
    await early.hub.close();
    await early.clock.pass(100_000);
    assert.equal(early.clock.timers, 0);
  });

  test('a listener that throws stops nobody', async (context) => {
    const { hub, socket, events } = await start();
    const tasks: (() => void)[] = [];
    context.mock.method(globalThis, 'queueMicrotask', (task: () => void) => tasks.push(task));
    const off = hub.on('broadcast', () => {
      throw new Error('from a listener');
    });
    const later: unknown[] = [];
    hub.on('broadcast', ({ body }) => later.push(body));
    socket.says({ type: 'broadcast', from: ada, at: 2, body: 'one' });
    off();
    socket.says({ type: 'broadcast', from: ada, at: 2, body: 'two' });
    assert.deepEqual(later, ['one', 'two']);
    assert.equal(events.filter(([event]) => event === 'broadcast').length, 2);
    assert.equal(tasks.length, 1);
    assert.throws(() => tasks[0]?.(), { message: 'from a listener' });
  });
});

async function start(
  ...[options, welcome]: [Parameters<typeof bench>[0]?, Parameters<ReturnType<typeof bench>['online']>[0]?]
) {
  const made = bench(options);
  await made.online(welcome);
  return { ...made, socket: made.socket };
}

/** A hub whose connection is open, and not welcomed yet. */
async function connecting(options: Parameters<typeof bench>[0]) {
  const made = bench(options);
  await settled();
  return { ...made, socket: made.socket };
}
