/** What the suite runs: cases, each a table with a line for every target. */
import type { Brief, Settings } from '../settings.ts';
import type { Target } from '../targets/targets.ts';

/** What one run of one target came to. */
export interface Measurement {
  /** Why the run counts for nothing: it then has no figures. */
  readonly problem?: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly delivered: number;
  readonly expected: number;
  /** What kept it from being faster, if anything was full. */
  readonly bottleneck?: Bottleneck;
  /** What a reader of the figures should know. */
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
  /** Whether it helps to judge a run, and is no result: it has no plot. */
  readonly isAside?: true;
}

export interface Case {
  readonly scenario: string;
  readonly title: string;
  /** What tells it from the scenario's other cases, for the target table and for results.json. */
  readonly traits: Readonly<Record<string, number | boolean>>;
  readonly targets: readonly Target[];
  /** The target that ratios are taken to. */
  readonly control: string;
  /** The first one is the one whose ratio to the control is taken. */
  readonly columns: readonly [Column, ...Column[]];
  /** One round: a measurement for each of the targets, in their order. */
  readonly measure: (targets: readonly Target[]) => Promise<readonly Measurement[]>;
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  /** What it has in place of what is usual. */
  readonly own?: Partial<Settings>;
  /** What the default suite has of it; undefined: nothing, it runs only when it is named. */
  readonly brief?: Brief;
  /** The cases that the machine can carry, and why it cannot carry the others. */
  readonly cases: (settings: Settings) => { readonly cases: readonly Case[]; readonly skipped: readonly string[] };
}
