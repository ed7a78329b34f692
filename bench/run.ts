/** The benchmark: `npm run bench`, or `npm run bench -- --help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { help, type Request, readCommandLine, UsageError } from './command-line.ts';
import { judge } from './goals.ts';
import { htmlReport } from './html-report.ts';
import { describeMachine, type Machine } from './machine.ts';
import { caseTable, machineLine, problems, runLine, verdictTable } from './report.ts';
import type { Results } from './results.ts';
import type { Case } from './scenarios/case.ts';
import { runCases } from './suite.ts';

/** Exit codes: 1 a message was lost or out of order, or a run could not be made at all; 2 the command line is wrong. */
const exitCodes = { broken: 1, usage: 2 };

// An orderly exit, which ends the servers and load processes as well.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(exitCodes.broken));

async function main(args: readonly string[]): Promise<void> {
  const request = readCommandLine(args);
  if (!request) return print(help());
  const started = new Date();
  const machine = describeMachine();
  print(machineLine(machine));
  const cases = planned(request);
  const { rounds } = request.settings;
  const isQuick = args.includes('--quick');
  const results = await runCases(cases, rounds, {
    caseStarts: (of) => print(`\n[${cases.indexOf(of) + 1}/${cases.length}] ${of.title}`),
    runEnds: ({ columns }, ...run) => print(runLine(columns[0], ...run)),
    caseEnds: (result) => (isQuick ? undefined : print(`\n${caseTable(result)}`)),
  });
  const directory = save(args, started, machine, request, results);
  const broken = problems(results);
  if (broken.length > 0) print(`\nRuns that count for nothing:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  if (!isQuick) print(`\n${verdictTable(results)}`);
  print(
    `\n${broken.length === 0 ? 'Nothing was lost, and everything came in order.' : 'INVALID RUNS: see above.'} ${directory}/report.html`,
  );
  if (broken.length > 0) process.exitCode = exitCodes.broken;
}

function planned({ scenarios, settings }: Request): Case[] {
  return scenarios.flatMap((scenario) => {
    const { cases, skipped } = scenario.cases(settings);
    for (const reason of skipped) print(`left out of ${scenario.name}: ${reason}`);
    return cases;
  });
}

/** Writes everything that was measured to `bench/results/<time>/`, for programs and for people. */
function save(
  args: readonly string[],
  started: Date,
  machine: Machine,
  { settings }: Request,
  results: Results,
): string {
  const directory = join(import.meta.dirname, 'results', started.toISOString().slice(0, 19).replaceAll(':', '-'));
  mkdirSync(directory, { recursive: true });
  const content = {
    started: started.toISOString(),
    ended: new Date().toISOString(),
    machine,
    settings: { ...settings, targets: settings.targets?.map(({ name }) => name) },
    cases: results.map(({ case: { scenario, title, traits }, runs }) => ({ scenario, title, traits, runs })),
    goals: judge(results),
  };
  writeFileSync(join(directory, 'results.json'), `${JSON.stringify(content, undefined, 2)}\n`);
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  writeFileSync(join(directory, 'report.html'), htmlReport(results, { started, machine, command }));
  return relative(process.cwd(), directory);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(exitCodes.usage);
  }
  console.error(error);
  process.exit(exitCodes.broken);
});
