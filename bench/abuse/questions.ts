/** Abuse of requests: small ones with large answers, or with much to do. */
import { binaryFrame, textFrame } from '../load/client-frame.ts';
import { type Attacker, largeFrames, type Pace, requests } from './attacker.ts';
import { inRooms } from './crowd.ts';
import { deferred } from './deferred.ts';
import { few, type Kind } from './kind.ts';

/** The messages of a full page. */
const page = 1000;

const fill: Kind['prepare'] = (crowd) => crowd.fill('full', page);

export const questions: readonly Kind[] = [
  {
    name: 'history',
    description: '480 history requests of 1,000 messages in one packet, then at the permitted pace',
    prepare: fill,
    attack: (attacker) => ask(attacker, '/?room=full', { type: 'history', room: 'full', limit: page }),
  },
  {
    name: 'history-anew',
    description: 'the burst of history requests, and the same again on a new connection as soon as it is answered',
    prepare: fill,
    async attack(attacker) {
      const { burst } = requests;
      const frame = textFrame(JSON.stringify({ type: 'history', room: 'full', limit: page, id: 'h' }));
      let missing = burst;
      const isAnswered = deferred();
      const wire = await attacker.open('/?room=full', (payload) => {
        if (payload.includes('"id":"h"', -20)) missing -= 1;
        if (missing === 0) isAnswered.resolve();
      });
      await wire.send(repeated(frame, burst));
      await Promise.race([isAnswered.promise, wire.closed]);
    },
  },
  {
    name: 'unread',
    description: 'connections that ask for 20 pages of history, and do not read; one has 900, of 50 each has 20',
    prepare: fill,
    connections: few(900, 20),
    async attack(attacker) {
      const wire = await attacker.open('/?room=full');
      wire.stopReading();
      await wire.send(repeated(textFrame(JSON.stringify({ type: 'history', room: 'full', limit: page })), 20));
      await wire.closed;
    },
  },
  {
    name: 'text-history',
    description: '480 lines /history 1000 in one text frame of 7 KB, then at the permitted pace',
    prepare: fill,
    async attack(attacker) {
      const wire = await attacker.open('/text?room=full');
      const lines = (count: number) => textFrame(`/history ${page}\n`.repeat(count));
      await wire.send(lines(requests.burst));
      await attacker.press(wire, { burst: 0, perSecond: 9 }, () => lines(10));
    },
  },
  {
    name: 'join-last',
    description: 'join with last: 1,000 at the permitted pace, after a burst of 480',
    prepare: fill,
    attack: (attacker) => ask(attacker, '/?room=full', { type: 'join', room: 'full', last: page }),
  },
  {
    name: 'rooms',
    description: '480 rooms requests in one packet, then at the permitted pace; 10,000 rooms are open',
    prepare: (crowd) => crowd.enter(100, (index) => `/?${inRooms(100, `r${index}-`)}`),
    attack: (attacker) => ask(attacker, '/?room=', { type: 'rooms', limit: 1000 }),
  },
  {
    name: 'rooms-cursor',
    description: 'the same, with a prefix that fits them all and small pages, each with the cursor of the one before',
    prepare: (crowd) => crowd.enter(100, (index) => `/?${inRooms(100, `r${index}-`)}`),
    async attack(attacker) {
      let cursor: string | undefined;
      const wire = await attacker.open('/?room=', (payload) => {
        if (payload.toString('latin1', 0, 20).startsWith('{"type":"rooms"'))
          ({ cursor } = JSON.parse(payload.toString()) as { cursor?: string });
      });
      const frame = () => textFrame(JSON.stringify({ type: 'rooms', prefix: 'r', limit: 10, cursor }));
      await attacker.press(wire, { ...requests, burst: 1 }, frame);
    },
  },
  {
    name: 'list',
    description: '480 list requests of the server and of a room of 2,000, then at the permitted pace',
    prepare: (crowd) => crowd.enter(2000, () => '/?room=big'),
    async attack(attacker) {
      const wire = await attacker.open('/?room=big');
      const each = [{}, { room: 'big' }].map((of) => textFrame(JSON.stringify({ type: 'list', limit: 1000, ...of })));
      await attacker.press(wire, requests, inTurns(each));
    },
  },
  {
    name: 'text-who',
    description: 'lines /who * and /rooms in one text frame, then at the permitted pace; 2,000 users, 10,000 rooms',
    async prepare(crowd) {
      await crowd.enter(1900, () => '/?room=big');
      return crowd.enter(100, (index) => `/?${inRooms(100, `r${index}-`)}`);
    },
    async attack(attacker) {
      const wire = await attacker.open('/text?room=big');
      const lines = (count: number) => textFrame('/who *\n/who\n/rooms\n'.repeat(count));
      await wire.send(lines(requests.burst / 3));
      await attacker.press(wire, { burst: 0, perSecond: 11 }, () => lines(3));
    },
  },
  {
    name: 'join-leave',
    description: 'joins and leaves a room of 2,000, and opens and closes rooms, at the permitted pace',
    prepare: (crowd) => crowd.enter(2000, () => '/?room=big'),
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      const frames = ['big', `own${attacker.number}`].flatMap((room) =>
        ['join', 'leave'].map((type) => textFrame(JSON.stringify({ type, room }))),
      );
      await attacker.press(wire, requests, inTurns(frames));
    },
  },
  {
    name: 'awkward',
    description: '60 KB frames of deep nesting, many keys, broken JSON and wrong schemas, as fast as bytes may come',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await attacker.press(wire, largeFrames, inTurns(awkwardFrames()));
    },
  },
];

async function ask(attacker: Attacker, path: string, request: object, pace: Pace = requests): Promise<void> {
  const wire = await attacker.open(path);
  const frame = textFrame(JSON.stringify(request));
  await attacker.press(wire, pace, () => frame);
}

function repeated(frame: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(frame));
}

/** Cycles through the frames. */
export function inTurns(frames: readonly Buffer[]): () => Buffer {
  let turn = -1;
  return () => {
    turn += 1;
    return frames[turn % frames.length] as Buffer;
  };
}

function awkwardFrames(): Buffer[] {
  const size = 60_000;
  const message = (body: string) => `{"type":"echo","body":${body}}`;
  const keys = (count: number) => Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',');
  const texts = [
    message('['.repeat(size / 2) + ']'.repeat(size / 2)),
    message(`${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`),
    message(`{${keys(size / 10)}}`),
    `{"type":"echo","body":1,${keys(size / 10)}}`,
    `{"type":"message","body":"x","id":"${'x'.repeat(size)}"}`,
    message(`"${'\\ud800'.repeat(size / 6)}"`),
    message(`[${'1e308,'.repeat(size / 6)}1]`),
    message(`"${'x'.repeat(size)}`),
    `{"type":"${'x'.repeat(size)}"}`,
    `{"type":"join","room":"${'\u{1f600}'.repeat(size / 4)}"}`,
    ' '.repeat(size),
  ];
  return [...texts.map(textFrame), binaryFrame(`\u0001\u0040\u0000${'x'.repeat(size)}`)];
}
