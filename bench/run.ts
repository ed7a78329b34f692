/** The benchmark: `npm run bench`, or `npm run bench -- --help`. */
import { exitCodes, runCommand } from './command.ts';
import { help, type Part, readCommandLine, withoutSecrets } from './command-line.ts';
import { judge } from './goals.ts';
import { describeMachine } from './machine.ts';
import { runWithProgress } from './progress-reporter.ts';
import { checkReachable } from './reachable.ts';
import { saveResults } from './record.ts';
import { allWell, caseTable, goalSummary, machineLine, problems, summaryTable } from './report.ts';
import type { Planned } from './suite.ts';

/** A case that is started later than this could end too late, in milliseconds. */
const quickBudget = 30_000;

async function main(args: readonly string[]): Promise<void> {
  const request = readCommandLine(args);
  if (!request) return print(help());
  const { isQuick, parts } = request;
  const chosen = parts.flatMap(({ settings: { targets = [] } }) => targets);
  for (const target of new Set(chosen)) if (target.running) await checkReachable(target);
  const started = new Date();
  const machine = describeMachine();
  print(machineLine(machine));
  const plan = parts.flatMap(planned);
  const results = await runWithProgress(plan, isQuick ? { budget: quickBudget } : { table: caseTable });
  if (results.length < plan.length) print(`\nThe machine is slow; cases left out: ${plan.length - results.length}.`);
  const goals = judge(results);
  const summary = goalSummary(goals);
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...withoutSecrets(args)] : [])].join(' ');
  const report = saveResults(results, { started, machine, command }, summary, { settings: parts.map(recorded), goals });
  const broken = problems(results);
  if (broken.length > 0) print(`\nRuns that count for nothing:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  if (!isQuick && goals.some(({ verdict }) => verdict !== 'not measured')) print(`\n${summaryTable(summary)}`);
  print(`\n${broken.length === 0 ? allWell : 'INVALID RUNS: see above.'} ${report}`);
  if (broken.length > 0) process.exitCode = exitCodes.broken;
}

function planned({ scenario, settings }: Part): Planned[] {
  const { cases, skipped } = scenario.cases(settings);
  for (const reason of skipped) print(`left out of ${scenario.name}: ${reason}`);
  return cases.map((one) => ({ case: one, rounds: settings.rounds }));
}

function recorded({ scenario: { name }, settings }: Part): object {
  return { scenario: name, ...settings, targets: settings.targets?.map((target) => target.name) };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

runCommand('bench', main);
