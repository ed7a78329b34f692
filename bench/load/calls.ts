/** The calls from the suite to a load process, and their answers. One call at a time; each has one answer. */
import type { Address } from './address.ts';
import type { DialectName } from './dialects.ts';
import type { Entries } from './entries.ts';
import type { Plan, Sent } from './send.ts';

/** Opens more connections, in each of the rooms. */
export interface OpenCall {
  readonly type: 'open';
  readonly address: Address;
  readonly dialect: DialectName;
  readonly rooms: readonly string[];
  readonly connections: number;
  /** How many of all of them are decoded. */
  readonly sampled: number;
  readonly messageSize: number;
}

/** Makes members in each of the process's rooms senders. */
export interface ArmCall {
  readonly type: 'arm';
  /** Only the first one, or all but the last one. */
  readonly members: 'first' | 'all but last';
  /** The index of the first one among the room's senders; the others follow. */
  readonly index: number;
  readonly burst: number;
  readonly ids: boolean;
}

/** Waits until nothing has arrived for this time, in milliseconds. */
export interface SettleCall {
  readonly type: 'settle';
  readonly silence: number;
}

/** Counts open connections, and frames since the mark. */
export interface CensusCall {
  readonly type: 'census';
}

export interface Census {
  readonly open: number;
  /** Why the first lost one was lost. */
  readonly reason: string | undefined;
  /** Data frames, and bytes of payload in those that are long enough for messages. */
  readonly frames: number;
  readonly bytes: number;
  /** How many connections have answered a ping. */
  readonly pinged: number;
  /** CPU time of this process since it started, in microseconds. */
  readonly cpu: number;
}

/** Cuts connections: all but the senders', or all, which are forgotten. */
export interface CutCall {
  readonly type: 'cut';
  readonly members: 'all but senders' | 'all';
}

/** Members that were cut come back. */
export interface ComeBackCall {
  readonly type: 'come back';
}

/** Opens one more connection, which is decoded, and stops reading from it. */
export interface StallCall {
  readonly type: 'stall';
  readonly place: Omit<OpenCall, 'type' | 'connections' | 'sampled'>;
}

/** It reads again, and comes back if its connection has ended. */
export interface WakeCall {
  readonly type: 'wake';
  /** How many messages there were since it stopped reading. */
  readonly messages: number;
  /** Gives up after so many milliseconds. */
  readonly patience: number;
}

/** The result for a member that did not read. */
export interface Woken {
  /** Messages it got over the connection from which it did not read. */
  readonly kept: number;
  /** Why that ended; undefined if it did not. */
  readonly end: string | undefined;
  /** All messages it has got in the end. */
  readonly received: number;
  readonly disorder: number;
}

/** Counts from here on. */
export interface MarkCall {
  readonly type: 'mark';
}

export interface SendCall {
  readonly type: 'send';
  readonly plan: Plan;
}

/** Waits until every connection has got all messages since the mark, and a moment longer to notice duplicates. */
export interface CollectCall {
  readonly type: 'collect';
  /** The number of messages; undefined if each room has a sender in this process that knows it. */
  readonly messages: number | undefined;
  /** Whether each of the senders' messages is to be acknowledged. */
  readonly hasAcks: boolean;
  /** Gives up after so many milliseconds. */
  readonly patience: number;
}

export interface Collected {
  readonly delivered: number;
  readonly expected: number;
  /** Connections that did not get exactly what they should have. */
  readonly wrong: number;
  /** Bytes of delivered payload. */
  readonly bytes: number;
  /** Acknowledgements that did not come, or came too often. */
  readonly wrongAcks: number;
  readonly disorder: number;
  /** Connections lost, and why the first one was. */
  readonly lost: number;
  readonly reason: string | undefined;
  /** An unexpected frame, if there was one. */
  readonly unexpected: string | undefined;
  /** The counts of the histogram of latencies, in microseconds. */
  readonly latency: readonly number[];
  /** The same for acknowledgements. */
  readonly ackLatency: readonly number[];
  /** The time of the last delivery, or of giving up, in microseconds. */
  readonly finished: number;
  /** CPU time of this process from the mark until then, in microseconds. */
  readonly cpu: number;
}

export type Call =
  | OpenCall
  | ArmCall
  | SettleCall
  | CensusCall
  | CutCall
  | ComeBackCall
  | StallCall
  | WakeCall
  | MarkCall
  | SendCall
  | CollectCall;

/** The answer to a call, by its type. */
export interface Answers {
  open: Entries;
  arm: null;
  settle: null;
  census: Census;
  cut: null;
  'come back': Entries;
  stall: null;
  wake: Woken;
  mark: null;
  send: Sent;
  collect: Collected;
}
