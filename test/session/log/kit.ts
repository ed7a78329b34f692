import type { ServerMessage } from '../../../src/protocol/generated/frames.ts';
import { JsonClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { type TestServer, until } from '../../kit/server.ts';

/** A client that is in no room yet. */
export async function connect({ url }: TestServer, query: Record<string, string> = {}): Promise<JsonClient> {
  return JsonClient.connect(`${url}/?${new URLSearchParams({ ...query, room: '' })}`);
}

/** The messages of a room, as another client received them. */
export interface Said {
  readonly epoch: string;
  /** The number of the latest message. */
  readonly seq: number;
  /** All messages, as they went out. */
  readonly data: Buffer[];
  readonly frames: ServerMessage[];
}

const MiB = 1024 * 1024;

/** Sends `bodies` to a room; bytes in binary messages, every third one with an id. */
export async function fill(server: TestServer, bodies: Iterable<unknown>, room = 'lobby'): Promise<Said> {
  const { connections } = server.broker.counts();
  await using ada = await connect(server, { name: 'ada' });
  await using bob = await connect(server, { name: 'bob' });
  ada.send({ type: 'join', room });
  const heard = await Follower.join(bob, { room });
  await ada.next('joined');
  let seq = heard.position?.seq ?? 0;
  let unheard = 0;
  for (const body of bodies) {
    seq += 1;
    const id = seq % 3 === 0 ? { id: `said-${seq}` } : {};
    const header = { type: 'message', room, echo: false, ...id } as const;
    if (body instanceof Uint8Array) ada.sendBinary(header, body);
    else ada.send({ ...header, body });
    // Bob is in this process, and cannot read while the server writes; and the server refuses more than it can put off.
    unheard += body instanceof Uint8Array ? body.length : JSON.stringify(body).length;
    if (unheard < MiB && seq % 1000 !== 0) continue;
    await heard.reaches(seq);
    unheard = 0;
  }
  await heard.reaches(seq);
  await ada.close();
  await bob.close();
  await until(() => server.broker.counts().connections <= connections, 'both have left');
  const { epoch = '' } = heard.position ?? {};
  return {
    epoch,
    seq,
    data: heard.messages.flatMap(({ data }) => data ?? []),
    frames: heard.messages.map(({ frame }) => frame),
  };
}

/** Short bodies, all different. */
export function* bodies(count: number): Generator<unknown> {
  for (let index = 1; index <= count; index += 1) yield index % 2 === 0 ? `body ${index}` : { n: index };
}
