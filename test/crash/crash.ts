/**
 * A server under load is killed again and again, and started on the same data; its clients resume and send again. At
 * the end the promises to them are compared with the messages they got, and with the log.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStoreForReading } from '../../src/log/lmdb.ts';
import { fromStored } from '../../src/protocol/stored.ts';
import { Random } from '../kit/random.ts';
import { until } from '../kit/server.ts';
import { locally, Program, temporaryDirectory } from '../life-cycle/program.ts';
import { Chatter } from './chatter.ts';

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  /** More options for the server. */
  readonly args?: readonly string[];
  /** Told after each kill. */
  readonly onKill?: (count: number) => void;
}

export interface CrashResult {
  readonly acknowledged: number;
  /** Messages in the log. */
  readonly kept: number;
  /** Messages that a client saw and that a kill lost; they were not acknowledged. */
  readonly lost: number;
  /** Broken rules, in words. */
  readonly violations: readonly string[];
}

const names = ['ada', 'bob', 'carol', 'dan'];
const rooms = ['lobby', 'cats', 'dogs'];
const configuration = {
  rooms: [{ match: '*', log: { count: 100_000_000 } }],
  autoJoin: [],
};

/** The sender and the id of a message. */
type Name = string;

interface Kept {
  readonly epoch: string;
  readonly messages: readonly { readonly seq: number; readonly name: Name }[];
}

export async function crash({ seed, kills, args = [], onKill }: CrashOptions): Promise<CrashResult> {
  await using data = await temporaryDirectory();
  const config = join(data.path, 'hubbub.json');
  await writeFile(config, JSON.stringify(configuration));
  const start = () =>
    Program.start([
      ...locally,
      '--config',
      config,
      '--data',
      data.path,
      '--rate',
      'off',
      '--rate-bytes',
      'off',
      ...args,
    ]);
  const random = new Random(seed);
  const violations: string[] = [];
  let acks = 0;
  const chatters = names.map(
    (name) =>
      new Chatter({
        name,
        rooms,
        window: 50,
        random,
        onAck: () => {
          acks += 1;
        },
        onViolation: (what) => violations.push(what),
      }),
  );

  for (let kill = 1; kill <= kills; kill += 1) {
    await using server = await start();
    const url = await server.listening();
    const due = acks + 1 + random.below(1500);
    for (const chatter of chatters) chatter.connect(url);
    await until(() => acks >= due, 'messages are acknowledged', 30_000);
    server.kill('SIGKILL');
    await server.exit;
    onKill?.(kill);
  }

  await using server = await start();
  const url = await server.listening();
  for (const chatter of chatters) {
    chatter.isTalking = false;
    chatter.connect(url);
  }
  await until(() => chatters.every(({ isDone }) => isDone), 'everything is acknowledged', 30_000);
  await Promise.all(chatters.map((chatter) => chatter.settle()));
  for (const chatter of chatters) chatter.close();
  server.kill('SIGTERM');
  await server.exit;

  const kept = await readLog(join(data.path, 'log'));
  const lost = check(chatters, kept, (what) => violations.push(what));
  const total = [...kept.values()].reduce((sum, { messages }) => sum + messages.length, 0);
  return { acknowledged: acks, kept: total, lost, violations };
}

async function readLog(directory: string): Promise<Map<string, Kept>> {
  const store = await openStoreForReading(directory);
  const kept = new Map<string, Kept>();
  for (const room of store.allNames()) {
    const record = store.room(room);
    if (!record) continue;
    const messages = Array.from(store.allEntries(record.id), ({ seq, placed }) => {
      if (!placed) throw new Error(`entry ${seq} of ${room} is damaged`);
      const { from, id = '' } = fromStored(placed.entry);
      return { seq, name: nameOf(from.id, id) };
    });
    kept.set(room, { epoch: record.epoch, messages });
  }
  await store.close();
  return kept;
}

/** @returns how many messages were seen but not kept. */
function check(
  chatters: readonly Chatter[],
  kept: ReadonlyMap<string, Kept>,
  violation: (what: string) => void,
): number {
  const lost = new Set<Name>();
  checkNumbers(chatters, kept, violation);
  for (const [room, { epoch, messages }] of kept) {
    const places = new Map(messages.map(({ seq, name }) => [name, seq]));
    if (places.size < messages.length) violation(`${room} has ${messages.length - places.size} messages twice`);
    for (const chatter of chatters) {
      checkPromises(chatter, room, epoch, places, violation);
      checkOrder(chatter, room, places, violation);
      const first = chatter.starts.get(room)?.seq ?? 0;
      const heard = (chatter.heard.get(room) ?? []).filter((one) => {
        const name = nameOf(one.user, one.id);
        const isKept = one.epoch === epoch && places.get(name) === one.seq;
        if (!isKept) lost.add(`${name} as ${one.seq} in ${room}`);
        return isKept;
      });
      const due = messages.filter(({ seq }) => seq > first);
      const isSame = due.length === heard.length && due.every(({ seq }, at) => heard[at]?.seq === seq);
      if (!isSame) violation(`${chatter.options.name} has heard ${heard.length} of ${due.length} messages of ${room}`);
    }
  }
  return lost.size;
}

/** No number of an epoch may belong to two messages, for any client. */
function checkNumbers(
  chatters: readonly Chatter[],
  kept: ReadonlyMap<string, Kept>,
  violation: (what: string) => void,
): void {
  const given = new Map<string, Name>();
  const give = (room: string, epoch: string, seq: number, name: Name) => {
    const number = `${seq} of ${room} in epoch ${epoch}`;
    const before = given.get(number);
    given.set(number, name);
    if (before !== undefined && before !== name) violation(`${number} is ${before}, and ${name} as well`);
  };
  for (const [room, { epoch, messages }] of kept) for (const { seq, name } of messages) give(room, epoch, seq, name);
  for (const chatter of chatters) {
    for (const [room, heard] of chatter.heard) {
      for (const { epoch, seq, user, id } of heard) give(room, epoch, seq, nameOf(user, id));
    }
    for (const [id, { room, epoch, seq }] of chatter.acknowledged) give(room, epoch, seq, nameOf(chatter.user, id));
  }
}

function checkPromises(
  { acknowledged, user }: Chatter,
  room: string,
  epoch: string,
  places: ReadonlyMap<Name, number>,
  violation: (what: string) => void,
): void {
  for (const [id, ack] of acknowledged) {
    if (ack.room !== room) continue;
    const place = places.get(nameOf(user, id));
    if (place === undefined) violation(`${id} of ${user} was acknowledged and is not in the log of ${room}`);
    else if (place !== ack.seq || ack.epoch !== epoch)
      violation(`${id} of ${user} was acknowledged as ${ack.seq}, not ${place}`);
  }
}

/** The messages of a client must be in the order in which it sent them. */
function checkOrder(
  { options, acknowledged, user }: Chatter,
  room: string,
  places: ReadonlyMap<Name, number>,
  violation: (what: string) => void,
): void {
  const own = [...acknowledged].filter(([, ack]) => ack.room === room).map(([id]) => id);
  const inOrder = own.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const numbers = inOrder.flatMap((id) => places.get(nameOf(user, id)) ?? []);
  const isGrowing = numbers.every((seq, at) => seq > (numbers[at - 1] ?? 0));
  if (!isGrowing) violation(`what ${options.name} said in ${room} is in another order`);
}

function nameOf(user: string, id: string): Name {
  return `${user} ${id}`;
}
