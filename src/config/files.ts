import { ConfigError } from './error.ts';

/** Reads a text file; may throw. */
export type ReadFile = (path: string) => string;

/** @throws ConfigError if the file cannot be read; `name` is the user's name for the option that has its path. */
export function readText(path: string, name: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${name}: cannot read "${path}" (${reason})`);
  }
}

/** @throws ConfigError if `content` is not JSON; `name` is the user's name for it. */
export function parseJson(name: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new ConfigError(`${name} is not valid JSON${placeOf(error, content)}`);
  }
}

/** Only the line: the rest of the message of JSON.parse may quote a secret. Not every message has a position. */
function placeOf(error: unknown, content: string): string {
  const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
  return position === undefined ? '' : ` (line ${content.slice(0, Number(position)).split('\n').length})`;
}
