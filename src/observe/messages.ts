/** One record for each message, at `debug`, without the content of the message. */
import type { Effect } from '../hub/effects.ts';
import type { ServerFrame } from '../protocol/generated/frames.ts';
import type { Fields, Logger } from './logger.ts';

/** @returns a subscriber to the effects of the hub. */
export function messageLog(logger: Pick<Logger, 'debug'>): (effects: readonly Effect[]) => void {
  return (effects) => {
    for (const effect of effects) {
      if (!('frame' in effect) || effect.type === 'append' || effect.type === 'send') continue;
      // A direct message also goes to the other connections of its sender.
      if (effect.type === 'sendEach' && effect.frame.type === 'direct' && effect.user !== effect.frame.to) continue;
      const fields = fieldsOf(effect.frame, effect.type === 'sendEach' ? effect.user : undefined);
      if (fields) logger.debug(effect.frame.type, fields);
    }
  };
}

function fieldsOf(frame: ServerFrame, to: string | undefined): Fields | undefined {
  switch (frame.type) {
    case 'message':
      return { room: frame.room, seq: frame.seq, user: frame.from.id, length: lengthOf(frame.body) };
    case 'direct':
    case 'broadcast':
      return { user: frame.from.id, ...(to !== undefined && { to }), length: lengthOf(frame.body) };
    case 'signal': {
      const target = frame.room === undefined ? { to } : { room: frame.room };
      return { ...target, user: frame.from.id, length: lengthOf(frame.body) };
    }
    default:
      return undefined;
  }
}

/** In bytes of UTF-8, as JSON unless it is text; of a body that is bytes, their number. */
function lengthOf(body: unknown): number {
  if (body === undefined) return 0;
  if (body instanceof Uint8Array) return body.length;
  return Buffer.byteLength(typeof body === 'string' ? body : JSON.stringify(body));
}
