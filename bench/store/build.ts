/** A store of many messages, made through the port of the log: as if they had been sent, but quicker. */
import { setImmediate as turn } from 'node:timers/promises';
import { toStored } from '../../src/hub/log-runner.ts';
import { openLmdbLog } from '../../src/log/lmdb.ts';
import { encodeJson } from '../../src/protocol/json.ts';

export interface StoreSize {
  readonly rooms: number;
  /** In each room. */
  readonly messages: number;
  /** Bytes of a message's body. */
  readonly messageSize: number;
}

/** The numbering of all rooms of the store. */
export const epoch = 'benchmark';

/** How many rooms get a message in one turn of the loop. */
const perTurn = 250;

/** The time between messages of a room, in milliseconds. */
const pace = 1000;

export function roomName(index: number): string {
  return `room${index}`;
}

/**
 * Messages go to all rooms in turns, with the latest one now, so that the messages of a room are spread over the file.
 *
 * @param directory of the log.
 */
export async function buildStore(directory: string, { rooms, messages, messageSize }: StoreSize): Promise<void> {
  const unexpected = (...what: unknown[]) => {
    throw new Error(`the store cannot be built: ${JSON.stringify(what)}`);
  };
  const log = await openLmdbLog({
    directory,
    // Otherwise the first start would wait for the kernel to write the file.
    durability: 'disk',
    maxBytes: Number.POSITIVE_INFINITY,
    maxQueue: 1 << 26,
    idWindow: { time: 0, count: 0 },
    newEpoch: () => epoch,
    seed: 1,
    events: { committed: () => undefined, status: unexpected, damaged: unexpected, failed: unexpected },
    commit: { batch: { steps: 5000, bytes: 1 << 23 } },
  });
  const names = Array.from({ length: rooms }, (_, index) => roomName(index));
  for (const name of names) log.open(name);
  const body = 'x'.repeat(messageSize);
  const start = Date.now() - messages * pace;
  for (let seq = 1; seq <= messages; seq += 1) {
    for (const [index, room] of names.entries()) {
      const id = `m${seq}`;
      const from = { id: `0193b5a6-7c1e-7aaf-8d5c-${String(index).padStart(12, '0')}`, name: 'ada' };
      const at = start + seq * pace;
      const stored = toStored(encodeJson({ type: 'message', room, seq, id, from, at, body }));
      const unavailable = log.append(room, { seq, prev: seq - 1, at, user: from.id, id, ...stored });
      if (unavailable) unexpected(unavailable);
      if (index % perTurn === 0) await turn();
    }
    if (log.stats.queuedBytes > 1 << 24) await log.flush();
  }
  await log.close();
}
