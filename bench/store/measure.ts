/** Measures one start of a server on a store. */
import { Server } from '../targets/server.ts';
import { dataDirectory, hubbub, targets } from '../targets/targets.ts';
import { epoch, roomName, type StoreSize } from './build.ts';
import { Visitor } from './visitor.ts';

/** How many messages a client has missed, and a page has, in rooms that are large enough. */
const spans = [10, 100];

/** In how many rooms each of these is measured: each time in rooms that are not open yet. */
const samples = 100;

/** The page size when everything is read: the default of `history`. */
const wholePage = 100;

/** A figure of one start by its name; times are in milliseconds, memory is in bytes. */
export type Figures = ReadonlyMap<string, readonly number[]>;

/** @param data the data directory of the server. */
export async function measureStore(data: string, size: StoreSize, readsAll: boolean): Promise<Figures> {
  const figures = new Map<string, number[]>();
  const note = (what: string, value: number) => figures.set(what, [...(figures.get(what) ?? []), value]);
  const started = performance.now();
  await using server = await Server.start(targetOn(data, size.rooms), true);
  note('start', performance.now() - started);
  const noteMemory = async (when: string) => {
    note(`memory ${when}`, await server.memory());
    note(`mapped ${when}`, server.mappedMemory());
  };
  await noteMemory('at start');
  using visitor = await Visitor.come(server.address);
  const fresh = freshRooms(size.rooms);
  for (const span of spans.filter((span) => span <= size.messages)) {
    for (let sample = 0; sample < samples; sample += 1) await visit(visitor, fresh(), size.messages, span, note);
  }
  for (let room = 0; room < size.rooms; room += 1) await visitor.join(roomName(room));
  await noteMemory('all joined');
  if (readsAll) {
    for (let room = 0; room < size.rooms; room += 1) await readAll(visitor, roomName(room), size.messages, note);
    await noteMemory('all read');
  }
  return figures;
}

/** The server as in other measurements, except that one connection may be in all rooms. */
function targetOn(data: string, rooms: number) {
  const target = targets.find(({ name }) => name === hubbub);
  if (!target) throw new Error('there is no server');
  const command = target.command.map((argument) => (argument === dataDirectory ? data : argument));
  return { ...target, command: [...command, '--max-rooms', `${rooms}`] };
}

/** Room after room, with large steps: neighbours in the store would be read together. */
function freshRooms(rooms: number): () => string {
  const step = 7;
  let next = 0;
  return () => {
    const room = roomName((next * step) % rooms);
    next += 1;
    return room;
  };
}

type Note = (what: string, value: number) => void;

async function visit(visitor: Visitor, room: string, messages: number, span: number, note: Note): Promise<void> {
  const { first, last } = await visitor.resume(room, epoch, messages - span, messages);
  note(`join ${span} back, first`, first);
  note(`join ${span} back, last`, last);
  const befores = { latest: messages + 1, middle: Math.floor((messages + span) / 2) + 1, oldest: span + 1 };
  for (const [where, before] of Object.entries(befores)) {
    const { page, time } = await visitor.history(room, span, before);
    if (page.messages?.length !== span) throw new Error(`a page of ${room} has ${page.messages?.length} messages`);
    note(`page of ${span}, ${where}`, time);
  }
  await visitor.leave(room);
}

async function readAll(visitor: Visitor, room: string, messages: number, note: Note): Promise<void> {
  let before: number | undefined;
  for (let left = messages; left > 0; ) {
    const { page, time } = await visitor.history(room, wholePage, before);
    const found = page.messages ?? [];
    before = found[0]?.seq;
    left -= found.length;
    if (before !== left + 1) throw new Error(`a page of ${room} does not begin with number ${left + 1}`);
    if (found.length === wholePage) note(`page of ${wholePage}, all read`, time);
  }
}
