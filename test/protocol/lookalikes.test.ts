import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Member, User } from '../../src/protocol/generated/frames.ts';
import { codeOf, Lookalikes } from '../../src/protocol/lookalikes.ts';
import { addressed, shown } from '../../src/protocol/names.ts';
import { TextCodec } from '../../src/protocol/text.ts';
import { TextRooms } from '../../src/protocol/text-rooms.ts';

function areAlike(one: string, other: string): boolean {
  const users = [
    { id: 'u1', name: one },
    { id: 'u2', name: other },
  ];
  const here = new Lookalikes(users);
  const tags = users.map((user) => here.tag(user));
  assert.equal(tags[0] === undefined, tags[1] === undefined);
  if (tags[0] !== undefined) assert.notEqual(tags[0], tags[1]);
  return tags[0] !== undefined;
}

describe('names that look alike', () => {
  const pairs: readonly [string, string, string][] = [
    ['the same one', 'ada', 'ada'],
    ['another case', 'ada', 'ADA'],
    ['another case in Greek', 'ηλιας', 'ΗΛΙΑΣ'],
    ['Cyrillic', 'ada', 'аԁа'],
    ['Cyrillic, large', 'HOME', 'НОМЕ'],
    ['Greek', 'ada', 'adα'],
    ['Greek, large', 'ANNE', 'ΑΝΝΕ'],
    ['Armenian', 'oho', 'օհօ'],
    ['digits', 'root', 'r00t'],
    ['l, I and 1', 'lil', 'I1l'],
    ['rn and m', 'sam', 'sarn'],
    ['fullwidth', 'ada', 'ａｄａ'],
    ['mathematical letters', 'ada', '𝐚𝒹𝖆'],
    ['a composed accent', 'zo\u00eb', 'zoe\u0308'],
    ['a joiner', 'علی‌رضا', 'علیرضا'],
    ['Arabic and Persian letters', 'علي', 'علی'],
    ['a space of another kind', 'ada l', 'ada\u00a0l'],
    ['two spaces', 'ada l', 'ada  l'],
    ['a presentation selector', '☕', '☕\ufe0e'],
    ['kana and Han', 'カ', '力'],
  ];
  for (const [what, one, other] of pairs) test(what, () => assert.ok(areAlike(one, other)));

  for (const [one, other] of [
    ['ada', 'bob'],
    ['ada', 'ádà'],
    ['ada', 'adam'],
    ['anna', 'hannah'],
    ['日本', '日木'],
  ] as const) {
    test(`${one} and ${other} do not`, () => assert.ok(!areAlike(one, other)));
  }
});

describe('a tag', () => {
  test('is made of the id alone, and short', () => {
    const here = new Lookalikes([
      { id: 'u2', name: 'ada' },
      { id: 'u3', name: 'bob' },
    ]);
    const ada = { id: 'u1', name: 'ada' };
    assert.equal(here.tag(ada), codeOf('u1').slice(0, 3));
    here.add({ id: 'u4', name: 'АDА' });
    assert.equal(here.tag(ada), codeOf('u1').slice(0, 3));
    assert.equal(here.tag({ id: 'u3', name: 'bob' }), undefined);
    assert.match(codeOf('0193b5a6-7c1e-7aaf-8d5c-3f0f9a1b2c3d'), /^[0-9a-z]{12}$/);
  });

  test('is longer where a shorter one would be the same', () => {
    const ids = Array.from({ length: 3000 }, (_, number) => `u${number}`);
    const users = ids.map((id) => ({ id, name: 'ada' }));
    const byStart = new Map<string, User[]>();
    for (const user of users) {
      const start = codeOf(user.id).slice(0, 3);
      byStart.set(start, [...(byStart.get(start) ?? []), user]);
    }
    const same = [...byStart.values()].find(({ length }) => length > 1) ?? [];
    assert.ok(same.length > 1);
    const here = new Lookalikes(same);
    const tags = same.map((user) => here.tag(user));
    assert.equal(new Set(tags).size, same.length);
  });

  test('goes with the other name', () => {
    const here = new Lookalikes([
      { id: 'u1', name: 'ada' },
      { id: 'u2', name: 'Ada' },
    ]);
    assert.notEqual(here.tag({ id: 'u1', name: 'ada' }), undefined);
    here.add({ id: 'u2', name: 'bob' });
    assert.equal(here.tag({ id: 'u1', name: 'ada' }), undefined);
    here.add({ id: 'u2', name: 'ADA' });
    here.delete('u2');
    assert.equal(here.tag({ id: 'u1', name: 'ada' }), undefined);
  });

  test('finds its user', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('ada', 'Ada', 'аdа', 'ada l'), { minLength: 2, maxLength: 9 }), (names) => {
        const users = names.map((name, at) => ({ id: `u${at}`, name }));
        const here = new Lookalikes(users);
        for (const user of users) {
          const tag = here.tag(user);
          const found = addressed(users, shown(user.name, tag));
          if (tag !== undefined) assert.deepEqual(found, [user]);
          else assert.ok(found.includes(user));
        }
      }),
    );
  });
});

describe('in the text dialect', () => {
  const at = 1;
  const member = (id: string, name: string): Member => ({ id, name, state: 'online', connections: 1 });
  const tag = (id: string) => codeOf(id).slice(0, 3);
  const one = member('u1', 'ada');
  const other = member('u2', 'аdа');
  const message = ({ id, name }: User) =>
    ({ type: 'message', room: 'lobby', seq: 1, from: { id, name }, at, body: 'hi' }) as const;
  const start = (...members: Member[]) => {
    const codec = new TextCodec(new TextRooms(['lobby']));
    const lines = codec.encode({ type: 'joined', room: 'lobby', epoch: 'e', seq: 0, count: members.length, members });
    return { codec, lines };
  };

  test('those who are there are told apart, in lists and in what they say', () => {
    const { codec, lines } = start(one, other, member('u3', 'bob'));
    assert.equal(lines, `* lobby: ada·${tag('u1')}, аdа·${tag('u2')}, bob (3 here)`);
    assert.equal(codec.encode(message(one)), `<ada·${tag('u1')}> hi`);
    assert.equal(codec.encode(message(member('u3', 'bob'))), '<bob> hi');
    const direct = { type: 'direct', to: 'u3', from: { id: 'u9', name: 'ADA' }, at, body: 'psst' } as const;
    assert.equal(codec.encode(direct), `[ADA·${tag('u9')} to you] psst`);
    const broadcast = { type: 'broadcast', from: { id: 'u2', name: 'аdа' }, at, body: 'fire' } as const;
    assert.equal(codec.encode(broadcast), `<аdа·${tag('u2')} to everyone> fire`);
  });

  test('from the moment the other one comes, and as long as what they said may be on the screen', () => {
    const { codec } = start(one);
    assert.equal(codec.encode(message(one)), '<ada> hi');
    const presence = { type: 'presence', room: 'lobby', count: 2 } as const;
    assert.equal(codec.encode({ ...presence, joins: [other] }), `* аdа·${tag('u2')} joined lobby`);
    assert.equal(codec.encode(message(other)), `<аdа·${tag('u2')}> hi`);
    assert.equal(codec.encode({ ...presence, leaves: [other] }), `* аdа·${tag('u2')} left lobby`);
    assert.equal(codec.encode(message(one)), `<ada·${tag('u1')}> hi`);
    const renamed = { ...one, name: 'bob', was: { name: 'ada' } };
    assert.equal(codec.encode({ ...presence, changes: [renamed] }), `* ada·${tag('u1')} is now called bob`);
    assert.equal(codec.encode(message(member('u1', 'bob'))), '<bob> hi');
  });

  test('in the history, those who said it', () => {
    const { codec } = start();
    const messages = [message(one), message(other)];
    const lines = codec.encode({ type: 'history', room: 'lobby', epoch: 'e', messages, more: false });
    assert.deepEqual(String(lines).split('\n').slice(1, 3), [`<ada·${tag('u1')}> hi`, `<аdа·${tag('u2')}> hi`]);
  });

  test('in a large room, those who speak', () => {
    const codec = new TextCodec(new TextRooms(['lobby']));
    codec.encode({ type: 'joined', room: 'lobby', epoch: 'e', seq: 0, count: 1000 });
    codec.encode(message(other));
    assert.equal(codec.encode(message(one)), `<ada·${tag('u1')}> hi`);
    for (let id = 10; id < 200; id += 1) codec.encode(message(member(`u${id}`, `guest ${id}`)));
    assert.equal(codec.encode(message(one)), '<ada> hi');
  });

  test('nothing is remembered of rooms that no connection is in', () => {
    const rooms = new TextRooms(['lobby']);
    const codecs = [new TextCodec(rooms), new TextCodec(rooms)];
    for (const codec of codecs) {
      for (const room of ['lobby', 'lobby', 'cats'])
        codec.encode({ type: 'joined', room, epoch: 'e', seq: 0, count: 1 });
    }
    codecs[0]?.encode({ type: 'left', room: 'cats' });
    codecs[1]?.closed();
    assert.equal(rooms.size, 1);
    codecs[0]?.closed();
    assert.equal(rooms.size, 0);
  });
});
