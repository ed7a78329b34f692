import { basename, delimiter, dirname, extname, isAbsolute, relative } from 'node:path';

/** How this program was started. */
export interface Start {
  /** The absolute path of the script, as it was called. */
  readonly script: string;
  readonly directory: string;
  /** The variable PATH. */
  readonly path: string;
}

/** The words that start this program again, to be typed in the same directory: `hubbub`, or `node dist/main.js`. */
export function command({ script, directory, path }: Start): string {
  const name = basename(script);
  const isInstalled = extname(name) === '' && path.split(delimiter).includes(dirname(script));
  if (isInstalled) return name;
  const near = relative(directory, script);
  const file = near.startsWith('..') || isAbsolute(near) ? script : near;
  return `${extname(name) === '.ts' ? 'npx tsx' : 'node'} ${/^[\w./\\:-]+$/.test(file) ? file : JSON.stringify(file)}`;
}
