/** Compares the log of a room, and replays from it, with the messages that were really sent. */
import type { ServerGap } from '../../../src/protocol/generated/frames.ts';
import type { HeldLog } from '../held-log.ts';
import type { Step } from './replica.ts';
import type { Truth } from './truth.ts';
import { ensure } from './violation.ts';

/** A message as a connection got it. */
export interface Got {
  readonly type: string;
  readonly body: unknown;
  readonly connection: string;
  /** Its place, if it is a message; a text client does not know the sender's id. */
  readonly place?: Step & { readonly room: string; readonly from?: string };
}

/** Messages of a room with a log must be those in the log. */
export function checkKept({ logs }: Truth, { body, place }: Got): void {
  const log = place && logs.get(place.room);
  if (!log) return;
  const { room, seq, prev, from } = place;
  const said = log.messages.get(seq);
  const isSame = said?.body === body && said?.prev === prev && (from ?? said.user) === said.user;
  ensure(isSame, () => `number ${seq} after ${prev} of ${room} is ${body}, but ${JSON.stringify(said)}`);
  ensure(seq <= log.seq, () => `${body} of ${room} went out before it was committed`);
}

/** Messages of a gap must really be missing. */
export function checkGap(truth: Truth, connection: string, { room, from, to, why }: ServerGap): void {
  if (from === undefined || to === undefined) return;
  const log = truth.log(room);
  const due = log?.options.isKept ? 'trimmed' : 'not_kept';
  ensure(why === due, () => `${connection} is told of a gap in ${room} because of ${why}, not ${due}`);
  log?.ensureMissing(from, to, () => connection);
}

/** The log must have only messages that were really sent, each once, and everything that was committed. */
export function checkLogs({ logs }: Truth, log: HeldLog): void {
  for (const [room, { messages }] of logs) {
    const stored = log.all(room).map(({ seq, prev, user, id, bytes }) => {
      const { body } = JSON.parse(Buffer.from(bytes).toString());
      return `${seq} after ${prev}: ${body} by ${user} named ${id}`;
    });
    const real = Array.from(messages.values(), ({ seq, prev, user, id, body }) => {
      return `${seq} after ${prev}: ${body} by ${user} named ${id}`;
    });
    const at = real.findIndex((entry, i) => entry !== stored[i]);
    const isSame = at < 0 && stored.length === real.length;
    ensure(isSame, () => `the log of ${room} has ${stored.slice(at, at + 3)}, not ${real.slice(at, at + 3)}`);
  }
}
