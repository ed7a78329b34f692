import { jsonFault } from '../protocol/json-fault.ts';
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
  } catch {
    throw new ConfigError(`${name} is not valid JSON (${jsonFault(content)})`);
  }
}
