import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decoded } from '../../src/protocol/dialect.ts';
import { Intake, type IntakeContext, type IntakeOwner } from '../../src/session/intake.ts';
import { Loop } from './loop.ts';

interface Options {
  /** The cost of one request, in units. */
  readonly cost?: number;
  /** How long it takes, in milliseconds. */
  readonly time?: number;
  readonly rates?: IntakeContext['rates'];
  readonly own?: number;
  readonly all?: number;
  readonly total?: { bytes: number };
}

const encode = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;

/** A connection whose messages consist of lines; `loop.done` records the events. */
function connection(loop: Loop, name: string, options: Options = {}) {
  const { cost = 1, time = 0, rates = { frames: undefined, bytes: undefined }, own = 1 << 20, all = 1 << 30 } = options;
  const { work, turns, done } = loop;
  let isOver = false;
  const note = (what: string) => {
    done.push(`${name} ${what}`);
    work.own += cost;
    loop.now += time;
  };
  const end = (what: string) => {
    note(what);
    isOver = true;
  };
  const context = { rates, work, turns, inbox: { limits: { own, all }, total: options.total ?? { bytes: 0 } } };
  const owner: IntakeOwner = {
    get isOver() {
      return isOver;
    },
    *decode(data) {
      for (const line of new TextDecoder().decode(data).split('\n')) yield { kind: 'answer', wire: line } as Decoded;
    },
    handle(decoded) {
      const wire = decoded.kind === 'answer' ? String(decoded.wire) : '';
      if (wire === 'fail') throw new Error('failed');
      note(wire);
    },
    limit: (retry) => note(`waits ${retry}`),
    flooding: () => end('floods'),
    failed: () => end('fails'),
  };
  const intake = new Intake({ ...context, monotonic: () => loop.now }, owner);
  const join = (room: string) => intake.do(() => note(`joins ${room}`));
  const close = () => intake.do(() => end('breaks'));
  return {
    intake,
    join,
    close,
    total: context.inbox.total,
    say: (text: string) => intake.receive(encode(text), false),
  };
}

function finish(loop: Loop): number {
  let turns = 0;
  for (; loop.turn(); turns += 1) assert.ok(turns < 10_000, 'it never ends');
  return turns;
}

describe('what a connection sends', () => {
  test('is carried out at once while it is little', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada');
    for (const line of ['1', '2', '3']) ada.say(line);
    assert.deepEqual(loop.done, ['ada 1', 'ada 2', 'ada 3']);
    assert.equal(loop.turn(), false);
  });

  test('is put off where it is more than its share, in order, and does not hold up another', () => {
    const loop = new Loop();
    const eve = connection(loop, 'eve', { cost: 2000 });
    const ada = connection(loop, 'ada');
    for (let i = 1; i <= 20; i += 1) eve.say(`${i}`);
    assert.deepEqual(loop.done, ['eve 1']);
    ada.say('where the loop is busy');
    assert.equal(loop.done.length, 1);
    loop.turn();
    assert.equal(loop.done[1], 'ada where the loop is busy', 'it comes first');
    loop.now += 2;
    ada.say('else');
    assert.equal(loop.done.at(-1), 'ada else', 'at once');
    assert.ok(finish(loop) >= 4);
    const said = loop.done.filter((line) => line.startsWith('eve'));
    assert.deepEqual(
      said,
      Array.from({ length: 20 }, (_, i) => `eve ${i + 1}`),
    );
  });

  test('counts for as long as it takes, where that is longer than it should be', () => {
    const loop = new Loop();
    const eve = connection(loop, 'eve', { cost: 300, time: 5 });
    loop.now = 1000;
    eve.say('x'.repeat(5000));
    assert.ok(eve.intake.demand(loop.now) > 4500, 'at once');
    loop.work.own += 2000;
    eve.say('put off');
    finish(loop);
    assert.ok(eve.intake.demand(loop.now) > 9000, 'in its turn');
  });

  test('that is little comes before what is likely to be much', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada');
    for (let n = 0; n < 20; n += 1) ada.say('little');
    loop.now = 1000;
    const those = ['eve', 'mallory'].map((name) => connection(loop, name, { cost: 2000 }));
    loop.now = 2000;
    loop.work.own += 2000;
    loop.turns.hasRoom(loop.now, false);
    loop.done.length = 0;
    for (const { say } of those) say('much');
    those[0]?.say('x'.repeat(60_000));
    ada.say('little');
    finish(loop);
    assert.equal(loop.done[0], 'ada little');
  });

  test('as many lines of one message is put off in the middle of it', () => {
    const loop = new Loop();
    const eve = connection(loop, 'eve', { cost: 100 });
    const lines = Array.from({ length: 100 }, (_, i) => `${i}`);
    eve.say(lines.join('\n'));
    eve.say('afterwards');
    assert.ok(loop.done.length <= 12, `${loop.done.length} at once`);
    assert.ok(finish(loop) >= 4);
    assert.deepEqual(
      loop.done,
      [...lines, 'afterwards'].map((line) => `eve ${line}`),
    );
  });

  test('is refused in its turn where it is past the rate', () => {
    const loop = new Loop();
    const rates = { frames: { perSecond: 1, burst: 3 }, bytes: undefined };
    const eve = connection(loop, 'eve', { cost: 2000, rates });
    for (let i = 1; i <= 4; i += 1) eve.say(`${i}`);
    finish(loop);
    assert.deepEqual(loop.done, ['eve 1', 'eve 2', 'eve 3', 'eve waits 1000']);
  });

  test('is refused where too much waits already, and given up where that goes on', () => {
    const loop = new Loop();
    const total = { bytes: 0 };
    const eve = connection(loop, 'eve', { cost: 2000, own: 2000, total });
    eve.say('first');
    const long = 'x'.repeat(500);
    for (let i = 0; i < 4; i += 1) eve.say(long);
    assert.ok(total.bytes > 0 && total.bytes <= 2600, `${total.bytes} bytes wait`);
    for (let i = 0; i < 600; i += 1) eve.say(long);
    finish(loop);
    assert.deepEqual(loop.done.slice(0, 2), ['eve first', 'eve floods']);
    assert.equal(total.bytes, 0);
  });

  test('is refused where all together have too much waiting, but for those that have little', () => {
    const loop = new Loop();
    const total = { bytes: 0 };
    const options = { cost: 2000, all: 200_000, total };
    const eve = connection(loop, 'eve', options);
    const ada = connection(loop, 'ada', options);
    const long = 'x'.repeat(60_000);
    for (let i = 0; i < 6; i += 1) eve.say(long);
    ada.say('little');
    finish(loop);
    assert.equal(loop.done.filter((line) => line.startsWith('eve waits')).length, 2);
    assert.ok(loop.done.includes('ada little'));
  });

  test('before it has ended is carried out, and then its end', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada', { cost: 2000 });
    for (const line of ['1', '2', '3']) ada.say(line);
    ada.close();
    finish(loop);
    assert.deepEqual(loop.done, ['ada 1', 'ada 2', 'ada 3', 'ada breaks']);
  });

  test('is not carried out any more once it is over', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada', { cost: 2000 });
    for (const line of ['1', 'fail', '3']) ada.say(line);
    finish(loop);
    assert.deepEqual(loop.done, ['ada 1', 'ada fails']);
    assert.equal(ada.total.bytes, 0);
  });

  test('may name many rooms, into which it is put one by one', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada', { cost: 600 });
    const rooms = ['a', 'b', 'c', 'd', 'e'];
    for (const room of rooms) ada.join(room);
    assert.ok(loop.done.length < rooms.length);
    finish(loop);
    assert.deepEqual(
      loop.done,
      rooms.map((room) => `ada joins ${room}`),
    );
  });

  test('waits while it has used up its share, where there is a rate', () => {
    const loop = new Loop();
    const rates = { frames: { perSecond: 100, burst: 100 }, bytes: undefined };
    const eve = connection(loop, 'eve', { cost: 300_000, rates });
    for (let i = 1; i <= 4; i += 1) eve.say(`${i}`);
    for (let turn = 0; turn < 10; turn += 1) loop.turn();
    assert.equal(loop.done.length, 2);
    loop.now += 1040;
    for (let turn = 0; turn < 10; turn += 1) loop.turn();
    assert.equal(loop.done.length, 3);
  });

  test('waits while the connection does not take what it was sent', () => {
    const loop = new Loop();
    const ada = connection(loop, 'ada');
    ada.say('before');
    ada.intake.hold();
    ada.say('1\n2');
    ada.say('3');
    finish(loop);
    assert.deepEqual(loop.done, ['ada before']);
    ada.intake.release();
    finish(loop);
    assert.deepEqual(loop.done, ['ada before', 'ada 1', 'ada 2', 'ada 3']);
    ada.say('at once again');
    assert.equal(loop.done.at(-1), 'ada at once again');
  });

  test('is put off in one read however long each thing takes', () => {
    const loop = new Loop();
    const eve = connection(loop, 'eve', { cost: 500, time: 20 });
    for (let i = 1; i <= 10; i += 1) eve.say(`${i}`);
    assert.equal(loop.done.length, 1);
    assert.equal(finish(loop) >= 9, true);
  });
});
