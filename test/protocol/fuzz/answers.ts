/** The expected answers to frames. */
import assert from 'node:assert/strict';
import type {
  ClientHistory,
  ClientJoin,
  ErrorCode,
  ServerFrame,
  ServerHistory,
  ServerJoined,
} from '../../../src/protocol/generated/frames.ts';
import { formCodes, idOf, type Verdict } from './oracle.ts';

/** An answer: a frame of the server, and the payload of a binary one. */
export interface Answer {
  readonly frame: ServerFrame;
  readonly payload: Buffer | undefined;
  /** The position of the connection in the frame's room before. */
  readonly before: number | undefined;
}

/** The types of frames that arrive unasked. */
const unasked: ReadonlySet<string> = new Set(['message', 'signal', 'direct', 'broadcast', 'presence']);

/** The answers to successful requests; `ack` only with an id, and for a message at any time. */
const answerTo: Readonly<Record<string, ServerFrame['type']>> = {
  hello: 'welcome',
  join: 'joined',
  leave: 'left',
  list: 'members',
  rooms: 'rooms',
  history: 'history',
  echo: 'echo',
  ping: 'pong',
};

/** Why a request of the right form may be refused. */
const otherCodes: ReadonlySet<ErrorCode> = new Set([
  'hello_not_first',
  'unsupported_version',
  'invalid_token',
  'forbidden',
  'not_joined',
  'too_many_rooms',
  'unknown_user',
]);

/** Whether this need not be an answer to the frame that was sent before. */
export function isUnasked(frame: ServerFrame, { refused, fields }: Verdict): boolean {
  if (unasked.has(frame.type) || (frame.type === 'ack' && frame.room !== undefined)) return true;
  // A connection that has caught up gets the members; without an id that looks like the answer to `list`.
  const isList = refused === undefined && fields['type'] === 'list' && fields['id'] === undefined;
  return frame.type === 'members' && frame.room !== undefined && frame.id === undefined && !isList;
}

/** @returns whether the request was carried out. */
export function check(verdict: Verdict, answers: readonly Answer[], told: () => string): boolean {
  if (verdict.refused === undefined) return checkAccepted(verdict, answers, told);
  const [error, ...more] = answers.map(({ frame }) => frame);
  assert.ok(error?.type === 'error' && more.length === 0, told());
  assert.equal(error.code, verdict.refused, told());
  assert.equal(error.id, idOf(verdict), told());
  return false;
}

function checkAccepted(verdict: Verdict, answers: readonly Answer[], told: () => string): boolean {
  const { type, id, room } = verdict.fields as { type: string; id?: string; room?: string };
  const isList = ({ frame }: Answer) => frame.type === 'error' || (frame.type === 'members' && frame.room === room);
  const answer = type === 'list' ? answers.find(isList) : answers[0];
  const follows = answers.filter((other) => other !== answer).map(({ frame }) => frame);
  const expected = answerTo[type] ?? (id === undefined || type === 'message' ? undefined : 'ack');
  if (answer === undefined) {
    assert.equal(expected, undefined, told());
    return true;
  }
  const { frame } = answer;
  assert.equal('id' in frame ? frame.id : undefined, id, told());
  if (frame.type === 'error') {
    assert.ok(!formCodes.has(frame.code) && otherCodes.has(frame.code), told());
    assert.ok(type === 'list' || follows.length === 0, told());
    return false;
  }
  assert.equal(frame.type, expected, told());
  if (frame.type === 'joined') {
    checkJoined(verdict.fields as unknown as ClientJoin, frame, answer.before, follows, told);
    return true;
  }
  // A connection that belongs to another user now gets `joined` for its rooms.
  const allowed = type === 'hello' ? 'joined' : type === 'list' ? 'members' : undefined;
  assert.ok(
    follows.every((other) => other.type === allowed),
    told(),
  );
  if (frame.type === 'history') checkHistory(verdict.fields as unknown as ClientHistory, frame, told);
  if (frame.type !== 'echo') return true;
  if (verdict.payload) assert.ok(answer.payload?.equals(verdict.payload), told());
  else assert.equal(JSON.stringify(frame.body), JSON.stringify(verdict.fields['body']), told());
  return true;
}

/** Nothing is trimmed on the test's server, so that every position of the room's epoch can be resumed. */
function checkJoined(
  { since, last }: ClientJoin,
  { epoch, seq, after, recovered }: ServerJoined,
  before: number | undefined,
  follows: readonly ServerFrame[],
  told: () => string,
): void {
  if (since && since.epoch === epoch && since.seq <= seq) {
    assert.deepEqual([after ?? seq, recovered, follows], [since.seq + 0, true, []], told());
  } else if (since) {
    const [gap, ...more] = follows;
    assert.ok(gap?.type === 'gap' && gap.why === 'epoch' && gap.from === undefined && more.length === 0, told());
    assert.deepEqual([after, recovered], [undefined, false], told());
  } else {
    assert.deepEqual([recovered, follows], [undefined, []], told());
    if (last === undefined) assert.ok(after === undefined || after === before, told());
    else if (seq === 0) assert.equal(after, undefined, told());
    else assert.ok(after !== undefined && after >= Math.max(0, seq - last) && after < seq, told());
  }
  assert.ok(after === undefined || after < seq, told());
}

function checkHistory(
  { room, before, after, limit = 100 }: ClientHistory,
  { room: own, epoch, messages, more }: ServerHistory,
  told: () => string,
): void {
  assert.ok(own === room && epoch !== '' && messages.length <= limit, told());
  const numbers = messages.map(({ seq }) => seq);
  const [first = 0] = numbers;
  assert.ok(
    numbers.every((seq, index) => seq === first + index),
    told(),
  );
  if (messages.length === 0) assert.ok(!more, told());
  else if (after !== undefined) assert.equal(first, after + 1, told());
  else {
    assert.ok(before === undefined || (numbers.at(-1) ?? 0) < before, told());
    assert.equal(more, first > 1, told());
  }
}
