/** The measured results, for look-ups and comparisons. */
import type { Case, Measurement } from './scenarios/case.ts';
import { median, spread } from './statistics.ts';

export interface Run {
  readonly target: string;
  readonly round: number;
  readonly measurement: Measurement;
}

/** A case with all of its runs. */
export class CaseResult {
  readonly case: Case;
  readonly runs: readonly Run[];

  constructor(of: Case, runs: readonly Run[]) {
    this.case = of;
    this.runs = runs;
  }

  /** A figure of every valid run of a target. */
  values(target: string, figure: string): number[] {
    return this.#valid(target, figure).map(({ value }) => value);
  }

  /** The figure's median; undefined if there is no valid run. */
  middle(target: string, figure: string): number | undefined {
    const values = this.values(target, figure);
    return values.length > 0 ? median(values) : undefined;
  }

  /** The spread of its rounds, as a share of the median; undefined for fewer than two. */
  spread(target: string, figure: string): number | undefined {
    const values = this.values(target, figure);
    return values.length > 1 ? spread(values) : undefined;
  }

  /** The median of a figure's ratio to that of `control` in the same round; undefined if no round has both. */
  ratio(target: string, control: string, figure: string): number | undefined {
    const ratios = this.ratios(target, control, figure);
    return ratios.length > 0 ? median(ratios) : undefined;
  }

  ratios(target: string, control: string, figure: string): number[] {
    const controls = new Map(this.#valid(control, figure).map(({ round, value }) => [round, value]));
    return this.#valid(target, figure).flatMap(({ round, value }) => {
      const other = controls.get(round);
      return other === undefined ? [] : [value / other];
    });
  }

  /** Whether the case is of this scenario and has these traits. */
  is(scenario: string, traits: Record<string, number | boolean>): boolean {
    const own = this.case.traits;
    return this.case.scenario === scenario && Object.entries(traits).every(([key, value]) => own[key] === value);
  }

  #valid(target: string, figure: string): { round: number; value: number }[] {
    return this.runs.flatMap(({ target: name, round, measurement }) => {
      const value = measurement.figures[figure];
      return name === target && value !== undefined && Number.isFinite(value) ? [{ round, value }] : [];
    });
  }
}

export type Results = readonly CaseResult[];
