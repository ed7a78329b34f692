import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient, TextClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

test('a conversation between somebody with a line and somebody with JSON', async () => {
  await using server = await startServer();
  await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
  await ada.line(/^\* welcome to hubbub 0\.0\.0-test; you are ada\. \/help lists the commands; your id is [\w-]+$/);
  await ada.line('* lobby: ada (1 here)');
  await ada.line('* ada joined lobby');

  await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
  const { user } = await bob.next('welcome');
  await ada.line('* bob joined lobby');

  ada.say('hello, //bob');
  const hello = await bob.next('message');
  assert.deepEqual([hello.room, hello.seq, hello.from.name, hello.body], ['lobby', 1, 'ada', 'hello, //bob']);
  await ada.line('<ada> hello, //bob');
  bob.send({ type: 'message', body: 'hi\nada' });
  await ada.line('<bob> hi');
  await ada.line('<bob> ada');
  bob.send({ type: 'message', body: { text: 'hi' } });
  await ada.line('<bob> {"text":"hi"}');

  ada.say('/join cats');
  await ada.line('* cats: ada (1 here)');
  await ada.line('* ada joined cats');
  bob.send({ type: 'join', room: 'cats' });
  await ada.line('* bob joined cats');
  ada.say('//meow');
  assert.deepEqual((await bob.next('message', ({ room }) => room === 'cats')).body, '/meow');
  await ada.line('[cats] <ada> /meow');
  ada.say('/who');
  await ada.line('* cats: ada, bob (2 here)');
  ada.say('/rooms ca');
  await ada.line('* rooms: cats (2)');
  ada.say('/leave');
  await ada.line('* you left cats');
  await bob.next('presence', ({ leaves }) => leaves !== undefined);
  ada.say('back in the lobby');
  assert.equal((await bob.next('message', ({ seq }) => seq === 4)).room, 'lobby');

  ada.say('/msg bob psst');
  const psst = await bob.next('direct');
  assert.deepEqual([psst.to, psst.from.name, psst.body, psst.id], [user.id, 'ada', 'psst', undefined]);
  await ada.line('* sent to bob');
  bob.send({ type: 'direct', to: psst.from.id, body: 'what?' });
  await ada.line('[bob to you] what?');

  ada.say('/name Ada Lovelace');
  await ada.line('* ada is now called "Ada Lovelace"');
  ada.say('/status away lunch');
  await ada.line('* "Ada Lovelace" is away: lunch');
  bob.send({ type: 'status', state: 'busy' });
  await ada.line('* bob is busy');
  ada.say('/who *');
  await ada.line('* on this server: "Ada Lovelace" [away: lunch], bob [busy] (2 here)');
  ada.say('/broadcast fire');
  assert.equal((await bob.next('broadcast')).body, 'fire');
  await ada.line('<"Ada Lovelace" to everyone> fire');

  bob.send({ type: 'leave', room: 'lobby' });
  await ada.line('* bob left lobby');
  ada.say('/ping');
  await ada.line(/^\* pong at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  ada.say('/quit');
  await ada.line('* goodbye');
  assert.deepEqual(await ada.closed, { code: 1000, reason: 'the client asked to leave' });
  assert.deepEqual(ada.drain(), ['<ada> back in the lobby']);
});

test('two people with lines, whose names have spaces', async () => {
  await using server = await startServer();
  await using ada = await TextClient.connect(`${server.url}/text?${new URLSearchParams({ name: 'Ada Lovelace' })}`);
  await using family = await TextClient.connect(`${server.url}/?name=👩‍👩‍👧`, ['hubbub.text']);
  await family.line('* lobby: "Ada Lovelace", 👩‍👩‍👧 (2 here)');
  family.say('/msg "Ada Lovelace" שלום');
  await ada.line('[👩‍👩‍👧 to you] שלום');
  await family.line('* sent to "Ada Lovelace"');
  ada.say('/msg 👩‍👩‍👧 こんにちは');
  await family.line('["Ada Lovelace" to you] こんにちは');
  ada.say('/join 日本語');
  await ada.line('* 日本語: "Ada Lovelace" (1 here)');
  ada.say('今日は');
  await ada.line('[日本語] <"Ada Lovelace"> 今日は');
});

test('three people whose names look alike are told apart, and each is reached by the name that is shown', async () => {
  await using server = await startServer();
  await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
  await ada.line('* ada joined lobby');
  await using eve = await JsonClient.connect(`${server.url}/?${new URLSearchParams({ name: 'аdа' })}`);
  const joined = await ada.line(/^\* аdа·\w{3} joined lobby$/);
  const [, shown = ''] = /^\* (\S+) /.exec(joined) ?? [];
  eve.send({ type: 'message', body: 'I owe tom 100' });
  await ada.line(`<${shown}> I owe tom 100`);
  ada.say('hi');
  await ada.line(/^<ada·\w{3}> hi$/);
  await using bob = await JsonClient.connect(`${server.url}/?name=Ada`);
  await ada.line(/^\* Ada·\w{3} joined lobby$/);
  ada.say('/who');
  const list = await ada.line(/^\* lobby: .*\(3 here\)$/);
  const names = list.slice('* lobby: '.length, -' (3 here)'.length).split(', ');
  for (const [to, at] of [
    [names[1], eve],
    [names[2], bob],
  ] as const) {
    ada.say(`/msg ${to} psst ${to}`);
    assert.equal((await at.next('direct')).body, `psst ${to}`);
    await ada.line(`* sent to ${to}`);
  }
});

describe('a frame with several lines', () => {
  test('is as good as several frames', async () => {
    await using server = await startServer();
    await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
    await using bob = await JsonClient.connect(`${server.url}/?room=lobby&room=cats`);
    await bob.next('joined');
    ada.say('one\n/join cats\r\nmeow\n\n/leave\rtwo\n/dance\nthree\n');
    const said = [];
    for (let left = 4; left > 0; left -= 1) said.push(await bob.next('message'));
    assert.deepEqual(
      said.map(({ room, body }) => [room, body]),
      [
        ['lobby', 'one'],
        ['cats', 'meow'],
        ['lobby', 'two'],
        ['lobby', 'three'],
      ],
    );
    await ada.line('! there is no command /dance; /help lists them, and //dance says it');
  });

  test('ends with /quit', async () => {
    await using server = await startServer();
    await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
    await using bob = await JsonClient.connect(server.url);
    await bob.next('joined');
    ada.say('one\n/quit\ntwo\n/help\n/ping');
    assert.equal((await ada.closed).code, 1000);
    assert.equal(ada.drain().at(-1), '* goodbye');
    await bob.settle();
    assert.deepEqual(
      bob.drain().flatMap((frame) => (frame.type === 'message' ? [frame.body] : [])),
      ['one'],
    );
  });

  test('has every line counted by the rate limit', async () => {
    await using server = await startServer({ rate: { perSecond: 1, burst: 3 } });
    await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
    await ada.line(/^\* lobby/);
    ada.say('1\n2\n3\n4\n5');
    await ada.line(/^! too fast; try again in \d+ ms$/);
    assert.deepEqual(
      ada.drain().filter((line) => line.startsWith('<')),
      ['<ada> 1', '<ada> 2', '<ada> 3'],
    );
  });
});

describe('what goes wrong is said in a line:', () => {
  const cases = [
    ['/dance', '! there is no command /dance; /help lists them, and //dance says it'],
    ['/mgs twin psst', '! there is no command /mgs: did you mean /msg? /help lists them, and //mgs says it'],
    ['/join', '! write it like this: /join <room>'],
    ['/join two words', '! write it like this: /join <room>'],
    ['/leave dogs', '! you are not in dogs; join it first'],
    ['/who dogs', '! you are not in dogs; join it first'],
    ['/name', '! write it like this: /name <name>'],
    ['/msg', '! write it like this: /msg <name> <text>'],
    ['/msg nobody hello', '! nobody connected is called nobody'],
    ['/msg twin hello', /^! there are 2 people of this name: twin·\w{3,}, twin·\w{3,}$/],
    ['/status asleep', '! write it like this: /status online|away|busy [note]'],
    ['/broadcast', '! write it like this: /broadcast <text>'],
  ] as const;
  test(cases.map(([line]) => line).join(', '), async () => {
    await using server = await startServer();
    await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
    await using one = await TextClient.connect(`${server.url}/text?name=twin`);
    await using two = await TextClient.connect(`${server.url}/text?name=twin`);
    for (const twin of [one, two]) await twin.line(/^\* lobby/);
    for (const [line, answer] of cases) {
      ada.say(line);
      await ada.line(answer);
    }
    ada.say('/leave');
    await ada.line('* you left lobby');
    ada.say('is anybody there?');
    await ada.line('! you are in no room; join one first');
    ada.say('/leave');
    await ada.line('! you are in no room; /join one');
  });

  test('the query', async () => {
    await using server = await startServer();
    await using ada = await TextClient.connect(`${server.url}/text?name=%0A&token=x&room=a%20b`);
    await ada.line(
      /^\* welcome to hubbub 0\.0\.0-test; you are guest-\w{4}\. \/help lists the commands; your id is [\w-]+$/,
    );
    await ada.line('! the token is not valid here, or has expired');
    await ada.line(
      '! name must not start or end with a space, start with a combining mark, or contain control characters or invisible ones',
    );
    await ada.line(
      '! room must not contain spaces, control characters or invisible ones, or start with a combining mark',
    );
  });

  test('broadcasts that are switched off', async () => {
    await using server = await startServer({ broadcast: false });
    await using ada = await TextClient.connect(`${server.url}/text`);
    ada.say('/broadcast fire');
    await ada.line('! broadcasts are switched off');
  });
});

test('nobody with JSON can make up a line, steer a terminal, or send what is not UTF-8', async () => {
  await using server = await startServer();
  await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
  await using eve = await JsonClient.connect(`${server.url}/?name=eve`);
  const { user } = await eve.next('welcome');
  await eve.next('joined');
  await ada.line(/eve joined lobby/);
  ada.drain();
  eve.send({ type: 'message', body: 'hi\n* bob left lobby\u2028<ada> I quit\u001b[2J' });
  eve.send('{"type":"message","body":"half a pair: \\ud83d"}');
  eve.send({ type: 'status', state: 'away', note: 'x\u2028* bob left lobby' });
  assert.equal((await eve.next('error')).path, '/note');
  eve.send({ type: 'broadcast', body: '\r\n<ada> I quit' });
  eve.send({ type: 'message', body: '\n'.repeat(30_000) });
  eve.send({ type: 'message', body: 'the end' });
  await ada.line('<eve> the end');
  const lines = ada.drain();
  assert.deepEqual(lines.slice(0, 6), [
    '<eve> hi',
    '<eve> * bob left lobby',
    '<eve> <ada> I quit\ufffd[2J',
    '<eve> half a pair: \ufffd',
    '<eve to everyone> ',
    '<eve to everyone> <ada> I quit',
  ]);
  assert.equal(lines.length, 106);
  assert.ok(lines.slice(6).every((line) => line.startsWith('<eve> ')));
  ada.say('/msg eve still here');
  assert.equal((await eve.next('direct')).to, user.id);
});

test('a user with two devices sees what they say on the other', async () => {
  await using server = await startServer();
  await using phone = await JsonClient.connect(`${server.url}/?name=ada`);
  const { ticket } = await phone.next('welcome');
  await using desk = await TextClient.connect(`${server.url}/text?token=${ticket}`);
  await using bob = await TextClient.connect(`${server.url}/text?name=bob`);
  await bob.line(/^\* lobby/);
  await desk.line(/you are ada/);
  phone.send({ type: 'list' });
  const { members } = await phone.next('members');
  const to = members.find(({ name }) => name === 'bob')?.id ?? '';
  phone.send({ type: 'direct', to, body: 'psst' });
  await bob.line('[ada to you] psst');
  await desk.line('[you, on another device] psst');
});
