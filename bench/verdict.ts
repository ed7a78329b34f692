/** What was measured, against what was to be reached: a row of the table that a run ends with. */
export interface Verdict {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** `implausible`: better than it can be; `not valid`: the measurement itself is to blame. */
  readonly verdict: 'met' | 'missed' | 'implausible' | 'not valid' | 'not measured';
}
