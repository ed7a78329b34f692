/** The cases of the suite: each is a table with a line for every target. */
import type { Brief, Settings } from '../settings.ts';
import type { Target } from '../targets/targets.ts';

/** The result of one run of one target. */
export interface Measurement {
  /** Why the run is invalid: it then has no figures. */
  readonly problem?: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly delivered: number;
  readonly expected: number;
  /** The bottleneck, if something was saturated. */
  readonly bottleneck?: Bottleneck;
  /** Notes for readers of the figures. */
  readonly notes: readonly string[];
}

export type Bottleneck = 'server' | 'load client' | 'machine' | 'none';

/** A figure in the table. */
export interface Column {
  readonly figure: string;
  readonly label: string;
  readonly format: (value: number) => string;
  /** Whether less of it is better. */
  readonly isCost?: true;
  /** Whether it only helps to judge a run: it has no plot. */
  readonly isAside?: true;
}

export interface Case {
  readonly scenario: string;
  readonly title: string;
  /** Distinguishes it from the scenario's other cases, for the table of goals and for results.json. */
  readonly traits: Readonly<Record<string, number | boolean>>;
  readonly targets: readonly Target[];
  /** The target that ratios are taken to. */
  readonly control: string;
  /** The ratio to the control is taken from the first one. */
  readonly columns: readonly [Column, ...Column[]];
  /** One round: a measurement for each of the targets, in their order. */
  readonly measure: (targets: readonly Target[]) => Promise<readonly Measurement[]>;
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** Settings that differ from the usual ones. */
  readonly own?: Partial<Settings>;
  /** Its settings in the default suite; undefined if it runs only when it is named. */
  readonly brief?: Brief;
  /** The cases that the machine can run, and why it cannot run the others. */
  readonly cases: (settings: Settings) => { readonly cases: readonly Case[]; readonly skipped: readonly string[] };
}
