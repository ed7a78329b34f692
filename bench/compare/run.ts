/** This tree against another: `npm run bench:compare -- <commit>`, or `npm run bench:compare -- --help`. */
import { join } from 'node:path';
import { exitCodes, runCommand } from '../command.ts';
import { describeMachine } from '../machine.ts';
import { UsageError } from '../options.ts';
import { runWithProgress } from '../progress-reporter.ts';
import { saveResults } from '../record.ts';
import { caseTable, machineLine, problems, summaryTable } from '../report.ts';
import type { Planned } from '../suite.ts';
import { Server } from '../targets/server.ts';
import { hubbub, type Target } from '../targets/targets.ts';
import { Checkout, type Commit, findCommit } from './checkout.ts';
import { help, type Part, readCommandLine } from './command-line.ts';
import { compareTrees, warningOf } from './verdict.ts';

const root = join(import.meta.dirname, '../..');

/** The name of this tree. */
const here = 'here';

async function main(args: readonly string[]): Promise<void> {
  const request = readCommandLine(args);
  if (!request) return print(help());
  const started = new Date();
  const machine = describeMachine();
  const commit = await findCommit(root, request.ref);
  print(`${machineLine(machine)}\nagainst ${commit.ref} (${commit.hash}), which is built first`);
  using checkout = await Checkout.build(root, commit);
  const other = commit.ref === here ? commit.hash : commit.ref;
  const trees = { [here]: root, [other]: checkout.directory };
  await demandThatItStarts(request.parts, commit, checkout.directory);
  const results = await runWithProgress(
    request.parts.flatMap((part) => planned(part, trees, other)),
    { table: caseTable },
  );
  const summary = compareTrees(results, here, other);
  const command = ['npm run bench:compare --', ...args].join(' ');
  const report = saveResults(results, { started, machine, command }, summary, { commit, summary });
  const broken = problems(results);
  if (broken.length > 0) print(`\nRuns that count for nothing:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  const warning = warningOf(results);
  print(`\n${summaryTable(summary)}\n${warning === undefined ? '' : `\n${warning}`}\n${report}`);
  if (broken.length > 0) process.exitCode = exitCodes.broken;
}

/** @throws {UsageError} if the other tree does not start with the options of this one. */
async function demandThatItStarts(parts: readonly Part[], { ref }: Commit, directory: string): Promise<void> {
  for (const target of new Set(parts.map((part) => part.target))) {
    try {
      await using _server = await Server.start(of(target, ref, directory));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(`${reason}: it cannot be measured as this tree is`);
    }
  }
}

/** The cases of a part, in each of which the trees are the targets. */
function planned({ scenario, target, settings }: Part, trees: Record<string, string>, control: string): Planned[] {
  const targets = Object.entries(trees).map(([name, directory]) => of(target, name, directory));
  const { cases, skipped } = scenario.cases({ ...settings, targets });
  for (const reason of skipped) print(`left out of ${scenario.name}: ${reason}`);
  const how = target.name === hubbub ? '' : `, ${target.name}`;
  return cases.map((one) => ({
    case: { ...one, scenario: one.scenario + how, title: one.title + how, control },
    rounds: settings.rounds,
  }));
}

/** A target that runs from a tree. */
function of(target: Target, name: string, directory: string): Target {
  const [, ...options] = target.command;
  return { ...target, name, command: [join(directory, 'dist/main.js'), ...options] };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

runCommand('bench:compare', main);
