import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Client, HubKit, kept } from './kit.ts';

const long = 'x'.repeat(60_000);

/** Enough connections that a long frame for all of them takes more than one turn of the loop. */
const many = 100;

function crowd(kit: HubKit, room: string): Client[] {
  const members = Array.from({ length: many }, (_, index) => kit.connect(`m${index}`, { rooms: [room] }));
  kit.settle();
  return members;
}

const bodies = (client: Client) => client.take('message').map(({ body }) => body);

describe('a long message in a large room', () => {
  test('goes out bit by bit, while other rooms go on', () => {
    const kit = new HubKit();
    const members = crowd(kit, 'large');
    const [ada, bob] = [kit.connect('ada', { rooms: ['small'] }), kit.connect('bob', { rooms: ['small'] })];
    members[0]?.say('large', long);
    const counts: number[] = [];
    const received = () => members.filter((member) => bodies(member).length > 0).length;
    counts.push(received());
    ada.say('small', 'meanwhile');
    assert.deepEqual(bodies(bob), ['meanwhile']);
    while (kit.turn()) counts.push(received());
    assert.equal(counts[0], 0);
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      many,
    );
    assert.ok(Math.max(...counts) <= 50, `${counts}`);
  });

  test('is followed by what was said after it, for everyone, and by its acknowledgement', () => {
    const kit = new HubKit();
    const members = crowd(kit, 'large');
    const [speaker, other, leaving] = members as [Client, Client, Client];
    speaker.say('large', long, { id: 'long' });
    speaker.say('large', 'short', { id: 'short' });
    other.say('large', 'answer');
    leaving.leave('large');
    const newcomer = kit.connect('newcomer', { rooms: ['large'] });
    kit.flush();
    other.say('large', 'last');
    assert.deepEqual(speaker.frames(), []);
    while (kit.turn());
    kit.flush();
    for (const member of members.slice(3)) assert.deepEqual(bodies(member), [long, 'short', 'answer', 'last']);
    assert.deepEqual(bodies(leaving), [long, 'short', 'answer']);
    assert.deepEqual(
      newcomer
        .frames()
        .flatMap((frame) => (frame.type === 'joined' ? [frame.seq] : 'body' in frame ? [frame.body] : [])),
      [3, 'last'],
    );
    const order = speaker.frames().map((frame) => (frame.type === 'ack' ? `ack ${frame.id}` : frame.type));
    assert.deepEqual(order.slice(0, 4), ['message', 'ack long', 'message', 'ack short']);
  });

  test('does not overtake the replay of one who comes back meanwhile, and is not missing in it', () => {
    const kit = new HubKit({ policy: () => kept });
    const members = crowd(kit, 'large');
    members[0]?.say('large', 'before');
    members[0]?.say('large', long);
    const back = kit.connect('back');
    back.request({ type: 'join', room: 'large', last: 5 });
    members[0]?.say('large', 'after');
    while (kit.turn()) kit.drainAll();
    kit.drainAll();
    const numbers = back.frames().flatMap((frame) => ('seq' in frame ? [`${frame.type} ${frame.seq}`] : []));
    assert.deepEqual(numbers, ['joined 2', 'message 1', 'message 2', 'message 3']);
  });

  test('is refused while too much is under way there, and nowhere else', () => {
    const kit = new HubKit();
    const members = crowd(kit, 'large');
    const [speaker] = members as [Client];
    for (let index = 0; index < 60; index += 1) speaker.say('large', long, { id: `m${index}` });
    const refused = speaker.take('error');
    assert.ok(refused.length > 0 && refused.length < 30, `${refused.length} were refused`);
    assert.deepEqual(
      [refused[0]?.code, refused[0]?.retry, refused[0]?.id],
      ['rate_limited', 1000, `m${60 - refused.length}`],
    );
    while (kit.turn());
    speaker.say('large', 'again');
    assert.equal(speaker.take('error').length, 0);
  });
});

test('a long broadcast goes out bit by bit, and is refused while too much is under way', () => {
  const kit = new HubKit();
  const members = crowd(kit, 'large');
  const [speaker] = members as [Client];
  for (let index = 0; index < 60; index += 1) speaker.request({ type: 'broadcast', body: long, id: `b${index}` });
  const refused = speaker.take('error').length;
  assert.ok(refused > 0 && refused < 30, `${refused} were refused`);
  let turns = 0;
  for (; kit.turn(); turns += 1);
  assert.ok(turns > 50, `${turns} turns`);
  for (const member of members) assert.equal(member.take('broadcast').length, 60 - refused);
});
