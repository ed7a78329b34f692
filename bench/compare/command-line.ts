/** Reads the command line of `bench:compare`. */
import { scenarios } from '../command-line.ts';
import {
  choose,
  commonFlags,
  commonHelp,
  type Given,
  list,
  parse,
  readGiven,
  settingsOf,
  UsageError,
} from '../options.ts';
import type { Scenario } from '../scenarios/case.ts';
import { fanOut } from '../scenarios/fan-out.ts';
import type { Brief, Settings } from '../settings.ts';
import { hubbub, type Target, targets, withoutLog } from '../targets/targets.ts';

/** A scenario, and the options with which both trees are started for it. */
export interface Part {
  readonly scenario: Scenario;
  readonly target: Target;
  /** The settings, except for the targets. */
  readonly settings: Settings;
}

export interface Request {
  readonly ref: string;
  readonly parts: readonly Part[];
}

/** Hubbub, in all the ways it is measured. */
const variants = targets.filter(({ dialect }) => dialect === 'hubbub');

const short: Brief = { members: [10, 1000], bursts: [32], seconds: 2, warmUp: 10_000 };

/** The scenarios that tell most in little time. */
const telling: readonly { scenario: Scenario; target: string; brief: Brief }[] = [
  { scenario: fanOut, target: hubbub, brief: short },
  { scenario: fanOut, target: withoutLog, brief: { ...short, ids: [false] } },
];

/**
 * @returns undefined if help was asked for.
 * @throws {UsageError}
 */
export function readCommandLine(args: readonly string[]): Request | undefined {
  const { values, positionals } = parse(args, { options: commonFlags, allowPositionals: true });
  if (values.help) return undefined;
  const [ref, ...others] = positionals;
  if (ref === undefined || others.length > 0) throw new UsageError('say one commit, tag or branch to compare with');
  const given = readGiven(values);
  const chosen = values.targets === undefined ? undefined : choose('target', values.targets, variants);
  if (values.scenarios === undefined) return { ref, parts: tellingParts(given, chosen) };
  const named = values.scenarios === 'all' ? scenarios : choose('scenario', values.scenarios, scenarios);
  const parts = named.flatMap((scenario) =>
    (chosen ?? choose('target', hubbub, variants)).map((target) => ({
      scenario,
      target,
      settings: settingsOf(scenario, given, false),
    })),
  );
  return { ref, parts };
}

function tellingParts(given: Given, chosen: readonly Target[] | undefined): Part[] {
  return telling.flatMap((part) =>
    (chosen ?? variants)
      .filter(({ name }) => name === part.target)
      .map((target) => ({ scenario: part.scenario, target, settings: settingsOf(part, given, true) })),
  );
}

export function help(): string {
  return `Measures this tree, as it is, against another commit, in turns. Usage: npm run bench:compare -- <commit> [options]

The commit is whatever git has a name for: a branch, a tag, HEAD~3. Without options: fan-out to 10 and 1,000 members,
with and without ids, with the log and without, in about two minutes.

Options:
  --scenarios a,b       in place of these, the scenarios below as a whole
  --targets a,b         ways in which both are started, of those below; ${hubbub}
${commonHelp}

Scenarios:
${list(scenarios)}

Targets:
${list(variants)}
`;
}
