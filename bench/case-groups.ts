/** Cases of a scenario that differ in one number are shown together, over it. */
import type { CaseResult, Results } from './results.ts';

export interface CaseGroup {
  readonly heading: string;
  /** At least one. */
  readonly cases: readonly [CaseResult, ...CaseResult[]];
  /** The trait in which they differ; undefined for a single case. */
  readonly axis: string | undefined;
}

/** Traits that follow from the others, if those distinguish all cases. */
const dependents = ['interval', 'burst'];

/** Titles of traits on an axis; other traits have their own names. */
const axisWords: Readonly<Record<string, string>> = {
  members: 'room size',
  messageSize: 'bytes of a message',
  share: 'share of saturation',
  burst: 'size of bursts',
};

/** Words before the value of a trait; other traits have their own names. */
const valueWords: Readonly<Record<string, string>> = { burst: 'bursts of', ids: 'with ids' };

/** Groups the cases, in the order of the results. */
export function caseGroups(results: Results): CaseGroup[] {
  const scenarios = new Set(results.map((result) => result.case.scenario));
  return [...scenarios].flatMap((scenario) => groupsOf(results.filter((result) => result.case.scenario === scenario)));
}

/** Groups along the trait that puts most cases of a scenario together. */
function groupsOf(cases: readonly CaseResult[]): CaseGroup[] {
  const names = telling(cases);
  const numbers = names.filter((name) => cases.every((result) => typeof result.case.traits[name] === 'number'));
  const groupings = numbers.map((axis) => ({ axis, groups: group(cases, without(names, axis)) }));
  const [best] = groupings.toSorted((one, other) => one.groups.length - other.groups.length);
  if (!best || best.groups.length === cases.length) return cases.map(alone);
  const { axis, groups } = best;
  return groups.map((own) => {
    const [first] = own;
    if (own.length === 1) return alone(first);
    const others = without(names, axis).flatMap((name) => inWords(name, first.case.traits[name]) ?? []);
    return {
      heading: [`${first.case.scenario}: by ${axisWords[axis] ?? axis}`, ...others].join(', '),
      cases: own,
      axis,
    };
  });
}

/** Traits in which the cases differ, except for those that follow from others. */
function telling(cases: readonly CaseResult[]): string[] {
  const all = new Set(cases.flatMap((result) => Object.keys(result.case.traits)));
  const names = [...all].filter((name) => new Set(cases.map((result) => result.case.traits[name])).size > 1);
  return dependents.reduce((kept, name) => {
    const rest = without(kept, name);
    return group(cases, rest).length === cases.length ? rest : kept;
  }, names);
}

/** Groups cases with the same values of these traits. */
function group(cases: readonly CaseResult[], names: readonly string[]): [CaseResult, ...CaseResult[]][] {
  const found = new Map<string, [CaseResult, ...CaseResult[]]>();
  for (const result of cases) {
    const key = JSON.stringify(names.map((name) => result.case.traits[name] ?? null));
    const own = found.get(key);
    if (own) own.push(result);
    else found.set(key, [result]);
  }
  return [...found.values()];
}

function without(names: readonly string[], one: string): string[] {
  return names.filter((name) => name !== one);
}

function alone(result: CaseResult): CaseGroup {
  return { heading: result.case.title, cases: [result], axis: undefined };
}

function inWords(name: string, value: number | boolean | undefined): string | undefined {
  const word = valueWords[name] ?? name;
  if (typeof value === 'number') return `${word} ${value.toLocaleString('en')}`;
  return value ? word : undefined;
}
