/** A measured value and its goal: a row of the table at the end of a run. */
export interface Verdict {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  /** `implausible`: better than possible; `not valid`: the measurement failed. */
  readonly verdict: 'met' | 'missed' | 'implausible' | 'not valid' | 'not measured';
}
