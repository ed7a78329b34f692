/** `hubbub log`: commands for the stored messages, with or without a running server. */
import { readFileSync } from 'node:fs';
import { ConfigError, loadConfig } from '../config/load.ts';
import { logDirectory } from '../log/data-file.ts';
import { LogError, type LogErrorCode } from '../log/error.ts';
import { loadLmdb } from '../log/load-lmdb.ts';
import { closest } from '../protocol/closest.ts';
import { readArguments } from './arguments.ts';
import { runInChild } from './child.ts';
import { help } from './help.ts';
import { OutputError, write } from './output.ts';
import { exitCodes, type Surroundings, type Tool } from './tool.ts';

const tools: ReadonlyMap<string, () => Promise<Tool>> = new Map([
  ['export', async () => (await import('./export.ts')).exportLog],
  ['import', async () => (await import('./import.ts')).importLog],
  ['verify', async () => (await import('./verify.ts')).verifyLog],
]);

/** The options of the server that say where its data is. */
const places = ['--data', '--config'];

/** The first argument of the child process that opens the store. */
const inThisProcess = '--in-this-process';

/** Errors after which a part of the work may have been done. */
const partial: ReadonlySet<LogErrorCode> = new Set(['damaged', 'import', 'unsaved']);

/**
 * Carries out a command.
 * @param args the arguments after `log`.
 * @returns the exit code.
 * @throws ConfigError if it is used wrongly.
 */
export async function runLog(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  try {
    if (args[0] === inThisProcess) return await runTool(args.slice(1), surroundings);
    if (args.length > 0 && !args.includes('--help') && !args.includes('-h')) {
      return await runInChild(['log', inThisProcess, ...args], surroundings);
    }
    await write(stdout, help);
    return exitCodes.well;
  } catch (error) {
    if (error instanceof OutputError && error.isClosed) return exitCodes.partly;
    if (!(error instanceof OutputError || error instanceof LogError)) throw error;
    await write(stderr, `hubbub: ${error.message}\n`).catch(() => undefined);
    return error instanceof OutputError || partial.has(error.code) ? exitCodes.partly : exitCodes.refused;
  }
}

async function runTool([name = '', ...args]: readonly string[], surroundings: Surroundings): Promise<number> {
  const load = tools.get(name);
  if (!load) {
    const meant = closest(name, tools.keys());
    throw new ConfigError(`there is no command "log ${name}"${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  const tool = await loadLmdb(load);
  const { flags, file } = readArguments(args, { ...tool, flags: [...tool.flags, ...places] });
  const given = places.flatMap((flag) => (flags.get(flag) ?? []).map((value) => `${flag}=${value}`));
  const { data } = loadConfig(given, surroundings.env, (path) => readFileSync(path, 'utf8'));
  return tool.run({ ...surroundings, flags, file, directory: logDirectory(data) });
}
