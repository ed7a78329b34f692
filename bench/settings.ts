import type { Target } from './targets/targets.ts';

/** The settings from the command line. */
export interface Settings {
  /** In place of each scenario's own. */
  readonly targets: readonly Target[] | undefined;
  /** Sizes of the room, in place of each scenario's own. */
  readonly members: readonly number[] | undefined;
  /** How many messages go into one write. */
  readonly bursts: readonly number[];
  /** Whether messages ask for acknowledgements; in scenarios that have both, one after the other. */
  readonly ids: readonly boolean[];
  /** Shares of what a server can take; in scenarios that have several, one after the other. */
  readonly shares: readonly number[];
  /** Messages sent in one run, in place of each scenario's own load. */
  readonly messages: number | undefined;
  /** Bytes of a message's body. */
  readonly messageSize: number;
  /** How long a run is measured. */
  readonly seconds: number;
  readonly rounds: number;
  /** How many load processes hold members, besides the one that sends. */
  readonly receivers: number;
  /** Kinds of abuse; undefined: all. */
  readonly abuse: readonly string[] | undefined;
  /** How many attackers there are; one case after the other. */
  readonly attackers: readonly number[];
  /** Messages that are exchanged among few members before a run, so that the server's code is compiled. */
  readonly warmUp: number;
}

/** Reduced settings of a scenario for the default suite. The command line takes precedence. */
export type Brief = Partial<Settings>;
