import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Room } from '../../src/client/api.ts';
import type { Member, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { ack, type Bench, bench, type FakeSocket, hear, joined, message, settled } from './fakes.ts';

type Setting = Bench & { room: Room; socket: FakeSocket; heard: unknown[] };

/** In a room whose latest message is number 10. */
async function start(options: Parameters<typeof bench>[0] = {}): Promise<Setting> {
  const made = bench(options);
  const socket = await made.online();
  const room = await made.joined('general', { seq: 10 });
  const heard = hear(room);
  await settled();
  return { ...made, socket, room, heard };
}

/** The connection breaks, and there is another one. @returns it, with the room's `join`. */
async function reconnect({ socket, clock, online }: Setting): Promise<FakeSocket> {
  socket.ends();
  await clock.pass(500);
  return online();
}

describe('the position', () => {
  test('starts at joined, and follows the messages', async () => {
    const { room, socket, heard } = await start();
    assert.deepEqual(room.position, { epoch: 'e1', seq: 10 });
    socket.says(message(11), message(12));
    assert.deepEqual(heard, [11, 12]);
    assert.deepEqual(room.position, { epoch: 'e1', seq: 12 });
  });

  test('what is up to it is not heard again', async () => {
    const { socket, heard } = await start();
    socket.says(message(11), message(10), message(11), message(12), message(12));
    assert.deepEqual(heard, [11, 12]);
  });

  test('numbers may jump where prev says so', async () => {
    const { socket, heard } = await start();
    socket.says(message(11), message(500, { prev: 11 }), message(501), message(100_000, { prev: 300 }));
    assert.deepEqual(heard, [11, 500, 501, 100_000]);
    assert.deepEqual(socket.sent, []);
  });

  test('where something is missing, the room is joined again from there', async () => {
    const { socket, heard } = await start();
    socket.says(message(11), message(13), message(14));
    const { since, id } = socket.take('join');
    assert.deepEqual(since, { epoch: 'e1', seq: 11 });
    socket.says(joined(14, { after: 11, recovered: true, id }), message(12), message(13), message(14), message(15));
    assert.deepEqual(heard, [11, 12, 13, 14, 15]);
    assert.deepEqual(socket.sent, []);
  });

  test('what stays missing is a gap', async () => {
    const { socket, heard } = await start();
    socket.says(message(13));
    const { id } = socket.take('join');
    socket.says(joined(13, { after: 10, recovered: true, id }), message(13), message(14));
    assert.deepEqual(heard, [{ from: 11, to: 12, why: 'damaged' }, 13, 14]);
    assert.deepEqual(socket.sent, []);
  });

  test('is where the next connection goes on', async () => {
    const setting = await start();
    setting.socket.says(message(11));
    const socket = await reconnect(setting);
    const { since, id } = socket.take('join');
    assert.deepEqual(since, { epoch: 'e1', seq: 11 });
    socket.says(joined(13, { after: 11, recovered: true, id }), message(12), message(13), message(14));
    assert.deepEqual(setting.heard, [11, 12, 13, 14]);
    // Frames of the connection before no longer count.
    setting.socket.says(message(15));
    assert.deepEqual(setting.heard.length, 4);
  });

  test('a join whose answer never came is asked as it was', async () => {
    const made = bench();
    const socket = await made.online();
    const entering = made.hub.join('general', { since: { ...message(5), epoch: 'e1' } });
    await settled();
    assert.deepEqual(socket.take('join').since, { epoch: 'e1', seq: 5 });
    socket.ends();
    await made.clock.pass(500);
    const next = await made.online();
    const { since, id } = next.take('join');
    assert.deepEqual(since, { epoch: 'e1', seq: 5 });
    next.says(joined(6, { after: 5, recovered: true, id }), message(6));
    const heard = hear(await entering);
    await settled();
    assert.deepEqual(heard, [6]);
  });

  test('a join that cannot be answered now is asked again', async () => {
    const { hub, online, clock } = bench();
    const socket = await online();
    const entering = hub.join('general');
    await settled();
    const { id } = socket.take('join');
    socket.says({ type: 'error', code: 'unavailable', message: 'not now', retry: 60_000, id });
    await clock.pass(20_000);
    socket.says(message(1));
    await clock.pass(20_000);
    socket.says(message(1));
    await clock.pass(20_000);
    socket.says(joined(0, { id: socket.take('join').id }));
    await entering;
  });
});

describe('gaps', () => {
  test('what the server has trimmed is told of, in its place', async () => {
    const setting = await start();
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(
      joined(23, { after: 10, recovered: false, id }),
      { type: 'gap', room: 'general', from: 11, to: 21, why: 'trimmed' },
      message(22),
      message(23),
    );
    assert.deepEqual(setting.heard, [{ from: 11, to: 21, why: 'trimmed' }, 22, 23]);
    socket.says({ type: 'gap', room: 'general', from: 24, to: 25, why: 'damaged' }, message(26));
    assert.deepEqual(setting.heard.slice(3), [{ from: 24, to: 25, why: 'damaged' }, 26]);
  });

  test('a new numbering is told of, and read from its beginning', async () => {
    const setting = await start();
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(joined(2, { epoch: 'e2', recovered: false, id }), { type: 'gap', room: 'general', why: 'epoch' });
    const again = socket.take('join');
    assert.deepEqual(again.since, { epoch: 'e2', seq: 0 });
    // Sent in between: it comes again in its place.
    socket.says(message(3));
    socket.says(
      joined(3, { epoch: 'e2', after: 0, recovered: true, id: again.id }),
      message(1),
      message(2),
      message(3),
    );
    assert.deepEqual(setting.heard, [{ why: 'epoch' }, 1, 2, 3]);
    assert.deepEqual(setting.room.position, { epoch: 'e2', seq: 3 });
  });

  test('what is said in a new numbering waits for what is there', async () => {
    const setting = await start();
    const sending = setting.room.send('mine');
    const { id: mine } = setting.socket.take('message');
    const socket = await reconnect(setting);
    socket.says(joined(1, { epoch: 'e2', recovered: false, id: socket.take('join').id }));
    socket.says({ type: 'gap', room: 'general', why: 'epoch' });
    const { id } = socket.take('join');
    socket.says(joined(1, { epoch: 'e2', after: 0, recovered: true, id }), message(1, { id: mine, body: 'mine' }));
    assert.deepEqual(setting.heard, [{ why: 'epoch' }, 'mine']);
    await setting.clock.pass(1000);
    assert.deepEqual([(await sending).epoch, socket.sent], ['e2', []]);
  });

  test('a new numbering without messages', async () => {
    const setting = await start();
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(joined(0, { epoch: 'e2', recovered: false, id }), { type: 'gap', room: 'general', why: 'epoch' });
    socket.says(message(1));
    assert.deepEqual(setting.heard, [{ why: 'epoch' }, 1]);
    assert.deepEqual(socket.sent, []);
  });

  test('a server that knows less than the client: what is said from now on', async () => {
    const setting = await start();
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(joined(7, { recovered: false, id }), { type: 'gap', room: 'general', why: 'epoch' }, message(8));
    assert.deepEqual(setting.heard, [{ why: 'epoch' }, 8]);
  });

  test('a room that was made anew while the client was in it misses nothing', async () => {
    const { socket, heard, room } = await start();
    socket.says(message(11), joined(11), message(12));
    socket.says(joined(0, { epoch: 'e2' }), message(1));
    assert.deepEqual(heard, [11, 12, 1]);
    assert.deepEqual(room.position, { epoch: 'e2', seq: 1 });
    socket.says(joined(4, { epoch: 'e2' }));
    assert.deepEqual(socket.take('join').since, { epoch: 'e2', seq: 1 });
  });
});

describe('sending', () => {
  test('settles with the place of the message', async () => {
    const { room, socket, heard } = await start();
    const sending = room.send({ text: 'hi' }, { mime: 'text/plain' });
    const { id, ...frame } = socket.take('message');
    assert.deepEqual(frame, { type: 'message', room: 'general', body: { text: 'hi' }, mime: 'text/plain' });
    socket.says(message(11, { id }), ack(id, 11));
    assert.deepEqual(await sending, { room: 'general', id, epoch: 'e1', seq: 11, at: 1011 });
    assert.deepEqual(heard, [11]);
  });

  test('bytes go as bytes, and come as bytes', async () => {
    const { room, socket } = await start();
    void room.send(new Uint8Array([7, 8]), { mime: 'image/png' });
    const bytes = Buffer.from(socket.sentBytes[0] ?? []);
    const end = 3 + bytes.readUInt16BE(1);
    assert.equal(bytes[0], 1);
    assert.deepEqual(JSON.parse(bytes.subarray(3, end).toString()), {
      type: 'message',
      room: 'general',
      mime: 'image/png',
      id: 'x-2',
    });
    assert.deepEqual([...bytes.subarray(end)], [7, 8]);
    const bodies: unknown[] = [];
    room.on('message', ({ body }) => bodies.push(body));
    const { body: _, ...header } = message(11);
    const head = Buffer.from(JSON.stringify(header));
    const frame = Buffer.concat([Buffer.from([1, head.length >> 8, head.length & 0xff]), head, Buffer.from([9])]);
    socket.saysRaw(Uint8Array.from(frame).buffer);
    assert.deepEqual(bodies, [new Uint8Array([9])]);
  });

  test('goes out when there is a connection, in order', async () => {
    const setting = await start();
    setting.socket.ends();
    const sends = ['a', 'b', 'c'].map((body) => setting.room.send(body));
    assert.equal(setting.room.signal('typing'), false);
    await setting.clock.pass(500);
    const socket = await setting.online();
    socket.says(joined(10, { recovered: true, id: socket.take('join').id }));
    const frames = socket.takeAll('message');
    assert.deepEqual(
      frames.map(({ body }) => body),
      ['a', 'b', 'c'],
    );
    frames.forEach(({ id }, at) => {
      socket.says(ack(id, 11 + at));
    });
    assert.equal((await Promise.all(sends)).at(-1)?.seq, 13);
  });

  test('what is not acknowledged goes again, with the same ids and in the same order, once the room is caught up', async () => {
    const setting = await start();
    const { room, clock } = setting;
    const sends = ['a', 'b', 'c'].map((body) => room.send(body));
    const ids = setting.socket.takeAll('message').map(({ id }) => id);
    setting.socket.says(ack(ids[0] as string, 11));
    await sends[0];
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(joined(12, { after: 10, recovered: true, id }), message(11, { id: ids[0] as string }));
    assert.deepEqual(socket.sent, []);
    socket.says(message(12));
    const again = socket.takeAll('message');
    assert.deepEqual(
      again.map((frame) => [frame.id, frame.body]),
      [
        [ids[1], 'b'],
        [ids[2], 'c'],
      ],
    );
    socket.says(ack(ids[1] as string, 13), ack(ids[2] as string, 14));
    assert.deepEqual(
      (await Promise.all(sends)).map(({ seq }) => seq),
      [11, 13, 14],
    );
    await clock.pass(5000);
    assert.deepEqual(socket.sent, []);
  });

  test('what was heard while catching up has arrived, and does not go again', async () => {
    const setting = await start();
    const { room, clock, heard } = setting;
    const sends = ['a', 'b'].map((body) => room.send(body));
    const ids = setting.socket.takeAll('message').map(({ id }) => id);
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    socket.says(joined(11, { after: 10, recovered: true, id }), message(11, { id: ids[0] as string, body: 'a' }));
    assert.equal(socket.take('message').id, ids[1]);
    await clock.pass(999);
    let isSettled = false;
    void sends[0]?.then(() => {
      isSettled = true;
    });
    await settled();
    assert.equal(isSettled, false);
    await clock.pass(1);
    assert.equal((await sends[0])?.seq, 11);
    socket.says(ack(ids[1] as string, 12));
    await sends[1];
    assert.deepEqual(heard, ['a']);
  });

  test('what was heard before the connection broke has arrived, if the log has it still', async () => {
    const setting = await start();
    const sending = setting.room.send('a');
    const { id } = setting.socket.take('message');
    setting.socket.says(message(11, { id, body: 'a' }));
    const socket = await reconnect(setting);
    socket.says(joined(11, { recovered: true, id: socket.take('join').id }));
    assert.equal((await sending).seq, 11);
    assert.deepEqual(socket.sent, []);
  });

  test('what the server has forgotten goes again, and is heard once', async () => {
    const setting = await start();
    const { room, heard } = setting;
    const sending = room.send('mine');
    const { id } = setting.socket.take('message');
    const bobs = { id: 'b1', body: 'his' };
    setting.socket.says(message(11, bobs), message(12, { id, body: 'mine' }));
    const socket = await reconnect(setting);
    // It was killed, and has nothing after 10; bob was faster.
    const join = socket.take('join');
    socket.says(joined(1001, { after: 12, recovered: true, id: join.id }));
    assert.deepEqual(socket.sent, []);
    socket.says(message(1001, { ...bobs, prev: 10 }));
    assert.equal(socket.take('message').id, id);
    socket.says(message(1002, { id, body: 'mine' }), ack(id, 1002), message(1003));
    assert.equal((await sending).seq, 1002);
    assert.deepEqual(heard, ['his', 'mine', 1003]);
  });

  test('the same, if nobody has said anything since', async () => {
    const setting = await start();
    const sending = setting.room.send('mine');
    const { id } = setting.socket.take('message');
    setting.socket.says(message(11, { id, body: 'mine' }));
    const socket = await reconnect(setting);
    socket.says(joined(10, { recovered: true, id: socket.take('join').id }));
    assert.equal(socket.take('message').id, id);
    socket.says(message(1001, { prev: 10, id, body: 'mine' }), ack(id, 1001));
    assert.equal((await sending).seq, 1001);
    assert.deepEqual(setting.heard, ['mine']);
  });

  test('the same, if the server has nothing of the room any more', async () => {
    const setting = await start();
    const sending = setting.room.send('mine');
    const { id } = setting.socket.take('message');
    setting.socket.says(message(11, { id: 'b1', body: 'his' }), message(12, { id, body: 'mine' }));
    const socket = await reconnect(setting);
    socket.says(joined(0, { epoch: 'e2', recovered: false, id: socket.take('join').id }));
    socket.says({ type: 'gap', room: 'general', why: 'epoch' });
    assert.equal(socket.take('message').id, id);
    socket.says(message(1, { id: 'b1', body: 'his' }), message(2, { id, body: 'mine' }));
    socket.says(ack(id, 2, 'e2'));
    const { epoch, seq } = await sending;
    assert.deepEqual([epoch, seq], ['e2', 2]);
    assert.deepEqual(setting.heard, ['his', 'mine', { why: 'epoch' }]);
  });

  test('a refusal is of that message alone', async () => {
    const { room, socket } = await start();
    const sends = ['a', 'b'].map((body) => room.send(body));
    const [a, b] = socket.takeAll('message').map(({ id }) => id);
    const error = { type: 'error', code: 'invalid_frame', message: 'does not fit', path: '/body/text' } as const;
    socket.says({ ...error, id: a as string }, ack(b as string, 11));
    await assert.rejects(sends[0] as Promise<unknown>, { code: 'invalid_frame', path: '/body/text' });
    assert.equal((await sends[1])?.seq, 11);
  });

  test('what cannot be kept now goes again later, and nothing passes it', async () => {
    const { room, socket, clock } = await start();
    const sends = ['a', 'b', 'c'].map((body) => room.send(body));
    const ids = socket.takeAll('message').map(({ id }) => id);
    const refusal = { type: 'error', code: 'unavailable', message: 'not now', retry: 400 } as const;
    for (const id of ids) socket.says({ ...refusal, id });
    const late = room.send('d');
    await clock.pass(399);
    assert.deepEqual(socket.sent, []);
    await clock.pass(1);
    // One at a time, until one is taken.
    assert.equal(socket.take('message').id, ids[0]);
    socket.says({ ...refusal, id: ids[0] as string });
    await clock.pass(400);
    assert.equal(socket.take('message').id, ids[0]);
    socket.says(ack(ids[0] as string, 11));
    const rest = socket.takeAll('message').map(({ id }) => id);
    assert.deepEqual(rest, [ids[1], ids[2], 'x-5']);
    rest.forEach((id, at) => {
      socket.says(ack(id, 12 + at));
    });
    assert.deepEqual(
      (await Promise.all([...sends, late])).map(({ seq }) => seq),
      [11, 12, 13, 14],
    );
  });

  test('where the server does not say what it refused for its rate, all goes again', async () => {
    const { room, hub, socket, clock } = await start();
    const sends = ['a', 'b'].map((body) => room.send(body));
    const list = hub.list();
    const broadcast = hub.broadcast('all');
    await settled();
    const frames = socket.sent.splice(0);
    socket.says({ type: 'error', code: 'rate_limited', message: 'too fast', retry: 200 });
    await assert.rejects(broadcast, { code: 'rate_limited', retry: 200 });
    await clock.pass(199);
    assert.deepEqual(socket.sent, []);
    await clock.pass(1);
    const again = socket.sent.splice(0).map(({ id }) => id as string);
    assert.deepEqual(again.sort(), [frames[0]?.id, frames[2]?.id].sort());
    socket.says({ type: 'members', count: 0, members: [], id: frames[2]?.id as string }, ack('x-2', 11));
    assert.equal(socket.take('message').id, 'x-3');
    socket.says(ack('x-3', 12));
    await Promise.all([...sends, list]);
  });

  test('not faster than the server takes it', async () => {
    const made = bench();
    const limits = { frame: 65536, rooms: 100, frames: { perSecond: 10, burst: 20 } };
    const socket = await made.online({ limits });
    const room = await made.joined();
    const sends = Array.from({ length: 30 }, (_, at) => room.send(at));
    // Half of the burst, less what the join took.
    assert.equal(socket.sent.length, 9);
    await made.clock.pass(1000);
    assert.equal(socket.sent.length, 19);
    await made.clock.pass(5000);
    const frames = socket.takeAll('message');
    assert.deepEqual(
      frames.map(({ body }) => body),
      Array.from({ length: 30 }, (_, at) => at),
    );
    frames.forEach(({ id }, at) => {
      socket.says(ack(id, at + 1));
    });
    await Promise.all(sends);
  });

  test('what waits for its turn can be taken back, and goes once', async () => {
    const made = bench();
    const limits = { frame: 65536, rooms: 100, frames: { perSecond: 10, burst: 4 } };
    const socket = await made.online({ limits });
    const room = await made.joined();
    const controller = new AbortController();
    const sends = ['a', 'b', 'c'].map((body) => room.send(body, { signal: controller.signal }));
    const list = made.hub.list();
    const last = room.send('d');
    await settled();
    controller.abort();
    await Promise.all(sends.map((send) => assert.rejects(send, { name: 'AbortError' })));
    socket.says({ type: 'error', code: 'rate_limited', message: 'too fast', retry: 100 });
    await made.clock.pass(5000);
    const frames = socket.sent.splice(0);
    assert.deepEqual(
      frames.map((frame) => ('body' in frame ? frame.body : frame.type)),
      ['a', 'list', 'd'],
    );
    socket.says(ack(frames[2]?.id as string, 2), {
      type: 'members',
      count: 0,
      members: [],
      id: frames[1]?.id as string,
    });
    await Promise.all([list, last]);
  });

  test('at most 64 are under way at once', async () => {
    const { room, socket } = await start();
    const sends = Array.from({ length: 100 }, (_, at) => room.send(at));
    const first = socket.takeAll('message');
    assert.equal(first.length, 64);
    socket.says(ack(first[0]?.id as string, 11));
    socket.take('message');
    for (const send of sends) send.catch(() => undefined);
  });

  test('no more than the queue holds, over all rooms', async () => {
    const made = bench({ queue: 3 });
    await made.online();
    const [one, two] = [await made.joined('one'), await made.joined('two')];
    made.socket.ends();
    const sends = [one.send(1), two.send(2), one.send(3)];
    await assert.rejects(two.send(4), { code: 'queue_full' });
    await made.clock.pass(500);
    const socket = await made.online();
    const [join] = socket.takeAll('join');
    socket.says(joined(0, { room: 'one', id: join?.id as string, recovered: true }));
    const [first, third] = socket.takeAll('message');
    for (const frame of [first, third]) socket.says({ ...ack(frame?.id as string, 1), room: 'one' } as never);
    await Promise.all([sends[0], sends[2]]);
    two.send(4).catch(() => undefined);
    sends[1]?.catch(() => undefined);
    assert.deepEqual([first?.body, third?.body], [1, 3]);
  });

  test('no body that the server cannot take', async () => {
    const made = bench();
    const entering = made.hub.join('general');
    const early = await made.online({ limits: { frame: 200, rooms: 1 } });
    early.says(joined(0, { id: early.take('join').id }));
    const room = await entering;
    await assert.rejects(room.send('ä'.repeat(100)), { code: 'frame_too_big' });
    await assert.rejects(made.hub.broadcast('x'.repeat(200)), { code: 'frame_too_big' });
    await assert.rejects(room.send(undefined), { code: 'invalid_body' });
    await assert.rejects(room.send(1n), { code: 'invalid_body' });
    assert.equal(room.signal('typing', 'x'.repeat(200)), false);
    assert.deepEqual(early.sent, []);
    // The next server takes less.
    early.ends();
    const sending = room.send('x'.repeat(80));
    await made.clock.pass(500);
    const socket = await made.online({ limits: { frame: 100, rooms: 1 } });
    socket.says(joined(0, { id: socket.take('join').id, recovered: true }));
    await assert.rejects(sending, { code: 'frame_too_big' });
    assert.deepEqual(socket.sent, []);
  });

  test('can be taken back before it goes out, and no more afterwards', async () => {
    const setting = await start();
    const controller = new AbortController();
    const { signal } = controller;
    const under = setting.room.send('under way', { signal });
    const { id } = setting.socket.take('message');
    setting.socket.ends();
    const waiting = setting.room.send('waiting', { signal });
    const kept = setting.room.send('kept');
    controller.abort();
    await assert.rejects(under, { name: 'AbortError' });
    await assert.rejects(waiting, { name: 'AbortError' });
    await assert.rejects(setting.room.send('too late', { signal }), { name: 'AbortError' });
    await setting.clock.pass(500);
    const socket = await setting.online();
    socket.says(joined(11, { after: 10, recovered: true, id: socket.take('join').id }), message(11, { id }));
    const only = socket.take('message');
    assert.equal(only.body, 'kept');
    socket.says(ack(only.id, 12));
    await kept;
    assert.deepEqual(setting.heard, [11]);
  });

  test('own messages need not be heard, however they come', async () => {
    const setting = await start();
    const sends = ['a', 'b', 'c'].map((body) => setting.room.send(body, { echo: false }));
    const frames = setting.socket.takeAll('message');
    const [a, b, c] = frames.map(({ id }) => id as string) as [string, string, string];
    assert.ok(frames.every(({ echo }) => echo === undefined));
    setting.socket.says(message(11, { id: a }), ack(a, 11), message(12), ack(b, 13));
    const socket = await reconnect(setting);
    socket.says(joined(14, { after: 12, recovered: true, id: socket.take('join').id }));
    socket.says(message(13, { id: b }), message(14, { id: c }), message(15));
    await setting.clock.pass(1000);
    await Promise.all(sends);
    assert.deepEqual(setting.heard, [12, 15]);
  });
});

describe('listening', () => {
  test('what comes before anybody listens waits', async () => {
    const made = bench();
    const socket = await made.online();
    const room = await made.joined('general', { seq: 2, after: 0, recovered: false });
    socket.says({ type: 'gap', room: 'general', from: 1, to: 1, why: 'trimmed' }, message(2), message(3));
    const heard = hear(room);
    assert.deepEqual(heard, []);
    await settled();
    assert.deepEqual(heard, [{ from: 1, to: 1, why: 'trimmed' }, 2, 3]);
  });

  test('a loop ends at a break, and the next one goes on there', async () => {
    const { socket, room, heard } = await startSilent();
    socket.says(message(11), message(12), message(13));
    for await (const { body } of room) {
      heard.push(body);
      if (body === 12) break;
    }
    socket.says(message(14));
    for await (const { body } of room) {
      heard.push(body);
      if (body === 14) break;
    }
    assert.deepEqual(heard, [11, 12, 13, 14]);
  });

  test('every loop and listener gets everything', async () => {
    const { socket, room } = await startSilent();
    const take = async (count: number) => {
      const taken: unknown[] = [];
      for await (const { body } of room) if (taken.push(body) === count) break;
      return taken;
    };
    const loops = [take(2), take(3)];
    const listened: unknown[] = [];
    const off = room.on('message', ({ body }) => listened.push(body));
    socket.says(message(11), message(12));
    off();
    socket.says(message(13));
    assert.deepEqual(await Promise.all(loops), [
      [11, 12],
      [11, 12, 13],
    ]);
    assert.deepEqual(listened, [11, 12]);
  });

  test('more than is held is a gap', async () => {
    const { socket, room } = await startSilent();
    for (let seq = 11; seq <= 1110; seq += 1) socket.says(message(seq));
    const heard = hear(room);
    await settled();
    assert.equal(heard.length, 1000);
    assert.deepEqual(heard.slice(0, 2), [{ why: 'unread' }, 112]);
    assert.equal(heard.at(-1), 1110);
  });

  test('a loop ends when the room is left, and what came before is not lost', async () => {
    const { socket, room, hub } = await startSilent();
    socket.says(message(11));
    const leaving = room.leave();
    await settled();
    const { id } = socket.take('leave');
    socket.says(message(12), { type: 'left', room: 'general', id });
    await leaving;
    const heard: unknown[] = [];
    for await (const { body } of room) heard.push(body);
    assert.deepEqual(heard, [11]);
    assert.equal(hub.joined.size, 0);
    await assert.rejects(room.send('too late'), { code: 'left' });
    await assert.rejects(room.history(), { code: 'left' });
    // And entered again: it is another room.
    const again = hub.join('general');
    await settled();
    socket.says(message(13), joined(13, { id: socket.take('join').id }));
    assert.notEqual(await again, room);
  });

  test('leaving waits for what was sent, and a join for the leaving', async () => {
    const { socket, room, hub } = await startSilent();
    const sending = room.send('bye');
    const leaving = room.leave();
    const again = hub.join('general');
    const late = assert.rejects(room.leave({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    await settled();
    socket.says(ack(socket.take('message').id, 11));
    await settled();
    const [leave, join] = socket.sent.splice(0);
    assert.deepEqual([leave?.type, join?.type], ['leave', 'join']);
    socket.says({ type: 'left', room: 'general', id: String(leave?.id) }, joined(11, { id: String(join?.id) }));
    await Promise.all([sending, leaving, again, late]);
    assert.notEqual(await again, room);
  });

  test('a room is there before the server has let the hub in: what is sent waits, and nothing is missed', async () => {
    const { hub, socket } = await startSilent();
    const room = hub.room('cats', { last: 5 });
    assert.equal(hub.room('cats'), room);
    assert.equal(hub.joined.get('cats'), room);
    const heard = hear(room);
    const sending = room.send('first');
    const joining = hub.join('cats');
    const { id, last } = socket.take('join');
    assert.equal(last, 5);
    socket.says(joined(1, { room: 'cats', id, after: 0 }), message(1, { room: 'cats' }));
    await room.entered;
    assert.equal(await joining, room);
    socket.says({ ...ack(socket.take('message').id, 2), room: 'cats' } as ServerFrame);
    assert.equal((await sending).seq, 2);
    assert.deepEqual(heard, [1]);
  });

  test('a room is there before there is a connection, and tells if it is refused', async () => {
    const { hub, online } = bench();
    const room = hub.room('cats');
    const ends: unknown[] = [];
    room.on('left', (error) => ends.push(error?.code));
    const socket = await online();
    socket.says({ type: 'error', code: 'too_many_rooms', message: 'too many', id: socket.take('join').id });
    await assert.rejects(room.entered, { code: 'too_many_rooms' });
    assert.deepEqual(ends, ['too_many_rooms']);
    void hub.close({ timeout: 0 });
    assert.throws(() => hub.room('cats'), { code: 'closed' });
  });

  test('a room that is taken while it is left is another one, which waits its turn', async () => {
    const { socket, room, hub } = await startSilent();
    const sending = room.send('bye');
    void room.leave();
    const second = hub.room('general');
    void second.leave();
    const third = hub.room('general');
    assert.equal(hub.room('general'), third);
    assert.equal(new Set([room, second, third]).size, 3);
    const said = third.send('again');
    socket.says(ack(socket.take('message').id, 11));
    await sending;
    await settled();
    const [leave, join] = socket.sent.splice(0);
    assert.deepEqual([leave?.type, join?.type], ['leave', 'join']);
    socket.says({ type: 'left', room: 'general', id: String(leave?.id) }, joined(11, { id: String(join?.id) }));
    socket.says(ack(socket.take('message').id, 12));
    assert.equal((await said).seq, 12);
    assert.equal(hub.joined.get('general'), third);
  });

  test('a join that is aborted does not leave a room that the application has', async () => {
    const { hub } = await startSilent();
    const room = hub.room('cats');
    const abort = new AbortController();
    const joining = hub.join('cats', { signal: abort.signal });
    abort.abort();
    await assert.rejects(joining, { name: 'AbortError' });
    await settled();
    assert.equal(hub.joined.get('cats'), room);
  });

  test('a room that the server ends throws in its loops', async () => {
    const { socket, room } = await startSilent();
    const ends: unknown[] = [];
    room.on('left', (error) => ends.push(error?.code));
    const sending = assert.rejects(room.send('?'), { code: 'left' });
    const loop = assert.rejects(
      async () => {
        for await (const _ of room);
      },
      { code: 'left' },
    );
    socket.says({ type: 'left', room: 'general' });
    await Promise.all([loop, sending]);
    assert.deepEqual(ends, ['left']);
  });

  test('a room that cannot be entered again is over', async () => {
    const setting = await start();
    const socket = await reconnect(setting);
    const { id } = socket.take('join');
    const left = new Promise((resolve) => setting.room.on('left', resolve));
    socket.says({ type: 'error', code: 'too_many_rooms', message: 'too many', path: '/room', id });
    assert.equal(((await left) as { code: string }).code, 'too_many_rooms');
    assert.equal(setting.hub.joined.size, 0);
  });

  async function startSilent() {
    const made = bench();
    const socket = await made.online();
    const room = await made.joined('general', { seq: 10 });
    return { ...made, socket, room, heard: [] as unknown[] };
  }
});

test('history comes in pages, with bytes as bytes', async () => {
  const { room, socket } = await start();
  const asking = room.history({ before: 10, limit: 2 });
  await settled();
  const { id, ...frame } = socket.take('history');
  assert.deepEqual(frame, { type: 'history', room: 'general', before: 10, limit: 2 });
  const { body: _, ...binary } = message(9);
  socket.says({
    type: 'history',
    room: 'general',
    epoch: 'e1',
    messages: [message(8), { ...binary, base64: 'AQI=' }],
    more: true,
    id,
  });
  const { messages, more } = await asking;
  assert.equal(more, true);
  assert.deepEqual(
    messages.map(({ epoch, seq, body }) => [epoch, seq, body]),
    [
      ['e1', 8, 8],
      ['e1', 9, new Uint8Array([1, 2])],
    ],
  );
});

test('signals go out while the room is live, and come', async () => {
  const { room, socket } = await start();
  assert.equal(room.signal('typing'), true);
  assert.deepEqual(socket.sent.splice(0), [{ type: 'signal', room: 'general', kind: 'typing' }]);
  const signals: unknown[] = [];
  room.on('signal', (signal) => signals.push(signal));
  socket.says({ type: 'signal', room: 'general', from: { id: 'u-bob', name: 'bob' }, kind: 'cursor', body: [1, 2] });
  assert.deepEqual(signals, [{ from: { id: 'u-bob', name: 'bob' }, kind: 'cursor', body: [1, 2] }]);
});

describe('who is here', () => {
  const member = (name: string, more: Partial<Member> = {}): Member => ({
    id: `u-${name}`,
    name,
    state: 'online',
    connections: 1,
    ...more,
  });
  const watch = (room: Room) => {
    const seen: unknown[] = [];
    room.on('join', ({ name }) => seen.push(`${name} came`));
    room.on('leave', ({ name }) => seen.push(`${name} went`));
    room.on('change', ({ member: is, was }) => seen.push(`${was.name} ${was.state} is ${is.name} ${is.state}`));
    return seen;
  };
  const names = (room: Room) => room.members && [...room.members.values()].map(({ name }) => name).sort();

  async function enter() {
    const made = bench();
    const socket = await made.online();
    const room = await made.joined('general', { count: 2, members: [member('ada'), member('bob')] });
    return { ...made, socket, room, heard: [], seen: watch(room) };
  }

  test('the differences are told, and those known already are not', async () => {
    const { room, socket, seen } = await enter();
    assert.deepEqual(names(room), ['ada', 'bob']);
    const totals: unknown[] = [];
    room.on('presence', ({ count, joins, leaves, changes }) =>
      totals.push([count, joins.length, leaves.length, changes.length]),
    );
    const { members } = room;
    socket.says({ type: 'presence', room: 'general', count: 3, joins: [member('ada'), member('carol')] });
    const away = { ...member('bob', { state: 'away' as const }), was: { state: 'online' as const } };
    const leaves = [member('ada'), member('nobody')];
    socket.says({ type: 'presence', room: 'general', count: 2, leaves, changes: [away, away] });
    assert.deepEqual(seen, ['carol came', 'ada went', 'bob online is bob away']);
    assert.deepEqual(totals, [
      [3, 1, 0, 0],
      [2, 0, 1, 1],
    ]);
    assert.equal(room.members, members);
    assert.deepEqual(room.members?.get('u-bob'), member('bob', { state: 'away' }));
    assert.equal(room.count, 2);
  });

  test('after a break, against what was there before', async () => {
    const setting = await enter();
    const { room, seen } = setting;
    setting.socket.ends();
    assert.deepEqual(names(room), ['ada', 'bob']);
    await setting.clock.pass(500);
    const socket = await setting.online();
    const members = [member('ada', { name: 'ada l' }), member('carol')];
    socket.says(joined(0, { id: socket.take('join').id, recovered: true, count: 2, members }));
    assert.deepEqual(seen, ['bob went', 'carol came', 'ada online is ada l online']);
    socket.says({ type: 'members', room: 'general', count: 1, members: [member('carol')] });
    assert.deepEqual(seen.slice(3), ['ada l went']);
  });

  test('in a large room there is only a count', async () => {
    const { room, socket, seen } = await enter();
    socket.says({ type: 'presence', room: 'general', count: 101 });
    assert.equal(room.members, undefined);
    socket.says({ type: 'presence', room: 'general', count: 102, joins: [member('zoe')] });
    assert.equal(room.members, undefined);
    assert.equal(room.count, 102);
    socket.says({ type: 'members', room: 'general', count: 1, members: [member('ada')] });
    assert.deepEqual(names(room), ['ada']);
    assert.deepEqual(seen, []);
  });
});
