import type { Effect } from '../../src/hub/effects.ts';
import { type Room, type RoomCommand, step } from '../../src/hub/room.ts';
import type { Wire } from '../../src/protocol/dialect.ts';
import { around } from './fake-edge.ts';
import { HeldLog } from './held-log.ts';
import { disorder, effects, finds, frames, type Mutant } from './simulation/mutants.ts';

finds({
  'an ack before the commit': () => ({
    breaks: steps((room, command, now) => {
      const effects = step(room, command, now);
      const early = command.type === 'message' ? room.pending.findLast(({ ack }) => ack)?.ack : undefined;
      return early ? [...effects, early] : effects;
    }),
    says: /the answers should be ".*" and are ".*ack \d+ to q\d+/,
  }),
  'a commit that is taken for more than it is': () => ({
    breaks: steps((room, command, now) =>
      step(room, command.type === 'committed' ? { ...command, seq: command.seq + 1 } : command, now),
    ),
    says: /the answers should be|should be delivered|went out before/,
  }),
  'a message that goes out and is not kept': () => ({
    breaks: steps((room, command, now) => {
      const effects = step(room, command, now);
      return command.type === 'message' && room.seq > 30 ? effects.filter(({ type }) => type !== 'append') : effects;
    }),
    says: /the latest \d+ of r\d begin after|the page of r\d|the log of r\d|should be delivered/,
  }),
  'a name that is forgotten': () => ({
    breaks: {
      breakLog: (log) => {
        log.find = () => undefined;
      },
    },
    says: /the answers should be|should be delivered: ; was: message/,
  }),
  'a rebuilt room that forgets who waits for an ack': () => {
    const known = new WeakSet<Room>();
    return {
      breaks: steps((room, command, now) => {
        if (!known.has(room)) room.pending.splice(0);
        known.add(room);
        return step(room, command, now);
      }),
      says: /the answers should be ".*ack|should be delivered: message|was last/,
    };
  },
  'a rebuilt room that forgets who is catching up': () => {
    const known = new WeakSet<Room>();
    return {
      breaks: steps((room, command, now) => {
        if (!known.has(room)) room.catchingUp.clear();
        known.add(room);
        return step(room, command, now);
      }),
      says: /has not subscribed|knows r\d up to|should be delivered|Expected values/,
    };
  },
  'a subscription before the end of the replay': () => ({
    breaks: steps((room, command, now) => {
      const effects = step(room, command, now);
      if (command.type === 'replayed') return effects.filter(({ type }) => type !== 'subscribe');
      if (!('connection' in command)) return effects;
      const { id: connection, dialect } = command.connection;
      return effects.flatMap((effect): Effect[] => {
        const subscription = { connection, dialect, room: room.name };
        if (effect.type === 'stopReplay') return [{ type: 'unsubscribe', ...subscription }, effect];
        return effect.type === 'replay' ? [{ type: 'subscribe', ...subscription }, effect] : [effect];
      });
    }),
    says: disorder,
  }),
  'a replay that begins one too late': () => ({
    breaks: effects((effect) => (effect.type === 'replay' ? { ...effect, after: effect.after + 1 } : effect)),
    says: /was last|are missing/,
  }),
  'a piece of a replay that leaves out the message at its border': () => ({
    breaks: { breakLog: (log) => shiftPieces(log, 1) },
    says: /are missing, but m\d+ is there|because of damaged/,
  }),
  'a piece of a replay that repeats the message at its border': () => ({
    breaks: { breakLog: (log) => shiftPieces(log, -1) },
    says: /has it up to/,
  }),
  'a replay that goes on after the connection has left': () => ({
    breaks: steps((room, command, now) => step(room, command, now).filter(({ type }) => type !== 'stopReplay')),
    says: /got (message|gap) of r\d and is not in it|has it up to|are missing|a replay does not end|knows r\d up to|was not told/,
  }),
  'a replay that does not wait until the one before has been taken': () => ({
    breaks: {
      breakLogRunner: (logRunner) => {
        const { carryOut } = logRunner;
        logRunner.carryOut = (effect) => {
          if (effect.type === 'replay') logRunner.drained(effect.connection);
          carryOut.call(logRunner, effect);
        };
      },
    },
    says: /should be delivered: ; was: message/,
  }),
  'a join in the midst of a replay that is answered as if it were over': () => ({
    breaks: effects((effect) =>
      effect.type === 'joinedAgain' ? { type: 'send', connection: effect.connection, frame: effect.joined } : effect,
    ),
    says: /the replay of r\d has come to \d+, and is said to have come to undefined/,
  }),
  'a join in the midst of a replay that ends it': () => ({
    breaks: steps((room, command, now) => {
      if (command.type === 'join' && !command.start) room.catchingUp.delete(command.connection.id);
      return step(room, command, now);
    }),
    says: /the replay of r\d has come to \d+, and is said to have come to undefined/,
  }),
  'a gap that is not told': () => ({
    breaks: steps((room, command, now) =>
      step(room, command, now).filter((effect) => effect.type !== 'send' || effect.frame.type !== 'gap'),
    ),
    says: /was not told what is missing/,
  }),
  'a gap in the midst of a replay that is not told': () => ({
    breaks: {
      wrap: (edge) => {
        const before = new Map<string, string>();
        const send = (connection: string, wire: Wire) => {
          const isAnswer = before.get(connection)?.startsWith('{"type":"joined"');
          before.set(connection, wire.toString());
          if (isAnswer || !wire.toString().startsWith('{"type":"gap"')) edge.send(connection, wire);
        };
        const sendAll = (connection: string, wires: readonly Wire[]) => {
          before.delete(connection);
          edge.sendAll(connection, wires);
        };
        return around(edge, { send, sendAll });
      },
    },
    says: /was last/,
  }),
  'a piece of a replay that lacks a message in its midst': () => ({
    breaks: {
      wrap: (edge) =>
        around(edge, {
          sendAll: (connection, wires) => edge.sendAll(connection, wires.length < 3 ? wires : wires.toSpliced(1, 1)),
        }),
    },
    says: /was last/,
  }),
  'a gap that is told although nothing is missing': () => ({
    breaks: frames((frame) =>
      frame.type === 'gap' && frame.to !== undefined ? { ...frame, to: frame.to + 1 } : frame,
    ),
    says: /are missing, but m\d+ is there|is missing, but there is no such number/,
  }),
  'recovered where something was trimmed': () => ({
    breaks: frames((frame) =>
      frame.type === 'joined' && frame.recovered === false ? { ...frame, recovered: true } : frame,
    ),
    says: /recovered is true/,
  }),
  'a number that is given again after a kill': () => ({
    breaks: {
      breakLog: (log) => {
        log.survivor = () => HeldLog.prototype.survivor.call(log, Number.NEGATIVE_INFINITY);
      },
    },
    says: /for one member and|has it up to|should be delivered|r\d stands at|after .* of r\d|after \d+ of r\d is|named/,
  }),
  'an acknowledged message that a kill takes back': () => ({
    breaks: {
      breakLog: (log) => {
        log.survivor = (jump) => {
          const survivor = HeldLog.prototype.survivor.call(log, jump);
          for (const room of survivor.rooms('', 1)) survivor.keep(room, 0);
          return survivor;
        };
      },
    },
    says: /the log of r\d has/,
  }),
  'a message that goes out before it is committed': () => ({
    breaks: steps((room, command, now) => {
      const effects = step(room, command, now);
      const [held] = command.type === 'message' && room.options.afterCommit ? room.pending.splice(-1) : [];
      if (!held?.publish) return effects;
      room.seq = held.seq;
      if (held.ack) room.pending.push({ seq: held.seq, ack: held.ack });
      return [...effects, held.publish];
    }),
    says: /should be delivered: ; was: message|went out before it was committed/,
  }),
  'a list that is not told at the end of a replay': () => ({
    breaks: steps((room, command, now) => {
      const effects = step(room, command, now);
      return command.type === 'replayed' ? effects.filter(({ type }) => type !== 'send') : effects;
    }),
    says: /as c\d+ knows it is|counts \d+ in|has no list|some in r\d/,
  }),
  'a message that is not held against the state of the log': () => ({
    breaks: {
      breakLog: (log) => {
        log.unavailable = () => undefined;
      },
    },
    says: /was not kept|the answers should be ".*unavailable|should be delivered: ; was: message/,
  }),
});

function steps(broken: (room: Room, command: RoomCommand, now: number) => Effect[]): Mutant['breaks'] {
  return { step: broken };
}

/** Every later piece of a replay begins `by` messages too late. */
function shiftPieces(log: HeldLog, by: number): void {
  const { read } = log;
  const later = 256;
  log.read = (room, range, limits) =>
    read.call(log, room, 'after' in range && limits.entries === later ? { after: range.after + by } : range, limits);
}
