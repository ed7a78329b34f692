/** Abuse of messages to many: their cost grows with the number of receivers. */
import { textFrame } from '../load/client-frame.ts';
import { type Attacker, largeFrames, type Pace, requests } from './attacker.ts';
import { inRooms } from './crowd.ts';
import { deferred } from './deferred.ts';
import { few, type Kind } from './kind.ts';

/** The largest text that fits into a frame by default. */
const large = 'x'.repeat(60_000);

/** How many messages a returning client has missed. */
const missed = 2000;

const inBigRoom: Kind['prepare'] = (crowd) => crowd.enter(2000, () => '/?room=big');

export const receivers: readonly Kind[] = [
  {
    name: 'name',
    description: '480 name requests of a user with 300 connections in 100 rooms, then at the permitted pace',
    prepare: (crowd) => crowd.enterAsOne(300, inRooms(100, 'r')),
    attack: (attacker) => rename(attacker, (at) => ({ type: 'name', name: `n${at % 1000}` })),
  },
  {
    name: 'status',
    description: 'the same with status',
    prepare: (crowd) => crowd.enterAsOne(300, inRooms(100, 'r')),
    attack: (attacker) => rename(attacker, (at) => ({ type: 'status', state: 'away', note: `n${at % 1000}` })),
  },
  {
    name: 'broadcast',
    description: '60 KB broadcasts to 2,000 connections, as many as bytes may come',
    prepare: inBigRoom,
    attack: (attacker) => say(attacker, { type: 'broadcast', body: large }, largeFrames),
  },
  {
    name: 'broadcast-small',
    description: '480 small broadcasts to 2,000 connections, then at the permitted pace',
    prepare: inBigRoom,
    attack: (attacker) => say(attacker, { type: 'broadcast', body: 'hello' }, requests),
  },
  {
    name: 'direct',
    description: '60 KB direct messages to a user with 900 connections, as many as bytes may come',
    prepare: (crowd) => crowd.enterAsOne(900, 'room='),
    attack: (attacker) => tell(attacker, large, largeFrames),
  },
  {
    name: 'direct-small',
    description: '480 small direct messages to a user with 900 connections, then at the permitted pace',
    prepare: (crowd) => crowd.enterAsOne(900, 'room='),
    attack: (attacker) => tell(attacker, 'hello', requests),
  },
  {
    name: 'big-room',
    description: '60 KB messages into a room of 2,000, as many as bytes may come',
    prepare: inBigRoom,
    attack: (attacker) => say(attacker, { type: 'message', body: large }, largeFrames),
  },
  {
    name: 'big-room-small',
    description: '480 small messages into a room of 2,000, then at the permitted pace',
    prepare: inBigRoom,
    attack: (attacker) => say(attacker, { type: 'message', body: 'hello' }, requests),
  },
  {
    name: 'big-room-signals',
    description: 'the same with signals',
    prepare: inBigRoom,
    attack: (attacker) => say(attacker, { type: 'signal', room: 'big', kind: 'k' }, requests),
  },
  {
    name: 'signal',
    description: '33 KB signals in a room of two, as many as bytes may come; 3,000 idle connections elsewhere',
    prepare: (crowd) => crowd.enter(3000, () => '/?room='),
    async attack(attacker) {
      const room = `pair${attacker.number}`;
      const wire = await attacker.open(`/?room=${room}`);
      await attacker.open(`/?room=${room}`);
      const frame = textFrame(JSON.stringify({ type: 'signal', room, kind: 'k', body: large.slice(0, 33_000) }));
      await attacker.press(wire, { burst: 120, perSecond: 30 }, () => frame);
    },
  },
  {
    name: 'replay-storm',
    description: `connections that come back at once to a room and have missed ${missed} messages; one has 300, of 50 each has 20`,
    prepare: (crowd) => crowd.fill('full', missed),
    connections: few(300, 20),
    async attack(attacker) {
      const { epoch } = attacker.ground;
      let messages = 0;
      const isWhole = deferred();
      const wire = await attacker.open('/?room=', (payload) => {
        if (payload.toString('latin1', 0, 20).startsWith('{"type":"message"')) messages += 1;
        if (messages === missed) isWhole.resolve();
      });
      await attacker.tick(2000);
      await wire.send(textFrame(JSON.stringify({ type: 'join', room: 'full', since: { epoch, seq: 0 } })));
      await Promise.race([isWhole.promise, wire.closed]);
    },
  },
];

/** Sends to the big room, or to everyone. */
async function say(attacker: Attacker, request: object, pace: Pace): Promise<void> {
  const wire = await attacker.open('/?room=big');
  const frame = textFrame(JSON.stringify(request));
  await attacker.press(wire, pace, () => frame);
}

/** One connection of the user with many connections changes that user. */
async function rename(attacker: Attacker, request: (at: number) => object): Promise<void> {
  const wire = await attacker.open(`/?token=${attacker.ground.ticket}&room=`);
  let at = attacker.number * 100;
  await attacker.press(wire, requests, () => {
    at += 1;
    return textFrame(JSON.stringify(request(at)));
  });
}

async function tell(attacker: Attacker, body: string, pace: Pace): Promise<void> {
  const wire = await attacker.openAndCount('/?room=');
  let id = 0;
  await attacker.press(wire, pace, () => {
    id += 1;
    attacker.ask();
    return textFrame(JSON.stringify({ type: 'direct', to: attacker.ground.user, body, id: `d${id}` }));
  });
}
