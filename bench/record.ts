/** Stores the results in `bench/results/<time>/`, for programs and for people. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type About, htmlReport } from './html-report.ts';
import type { Summary } from './report.ts';
import type { Results } from './results.ts';

/**
 * @param more further fields of results.json.
 * @returns the path of the report for people, relative to the working directory.
 */
export function saveResults(results: Results, about: About, summary: Summary, more: object): string {
  const { started, machine, command } = about;
  const directory = join(import.meta.dirname, 'results', started.toISOString().slice(0, 19).replaceAll(':', '-'));
  mkdirSync(directory, { recursive: true });
  const content = {
    started: started.toISOString(),
    ended: new Date().toISOString(),
    command,
    machine,
    cases: results.map(({ case: { scenario, title, traits }, runs }) => ({ scenario, title, traits, runs })),
    ...more,
  };
  writeFileSync(join(directory, 'results.json'), `${JSON.stringify(content, undefined, 2)}\n`);
  const report = join(directory, 'report.html');
  writeFileSync(report, htmlReport(results, about, summary));
  return relative(process.cwd(), report);
}
