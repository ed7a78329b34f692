/** A process takes longer to start than most test files: those of a folder share one. */

/** Test files that run one after the other in one process. */
export interface Group {
  readonly name: string;
  /** Absolute paths. */
  readonly files: readonly string[];
}

/** Files that need a process of their own, and why. */
const alone: ReadonlyMap<string, string> = new Map([
  ['edge/edges.test.ts', 'its servers have several edge processes'],
  ['edge/portable/clients.test.ts', 'its servers have the portable edge'],
]);

/** @param files by their path in `directory`. */
export function groupsOf(files: readonly string[], directory: string): Group[] {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const [folder = ''] = file.split('/');
    const name = alone.has(file) ? file.replace('.test.ts', '').replaceAll('/', '-') : folder;
    groups.set(name, [...(groups.get(name) ?? []), directory + file]);
  }
  return Array.from(groups, ([name, own]) => ({ name, files: own }));
}
