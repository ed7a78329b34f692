/** `hubbub chat`: a terminal client on the SDK. */
import { exitCodes, type Surroundings, UsageError } from '../surroundings.ts';
import { clock } from './clock.ts';
import { connectAs } from './connecting.ts';
import { FullChat } from './full.ts';
import { help } from './help.ts';
import { readOptions } from './options.ts';
import { SimpleChat } from './simple.ts';

/**
 * @param args the arguments after `chat`.
 * @returns the exit code, when the person has left.
 */
export async function runChat(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdin, stdout, stderr, env } = surroundings;
  if (args.includes('--help') || args.includes('-h')) {
    stdout.write(help);
    return exitCodes.well;
  }
  try {
    const options = readOptions(args);
    const hub = connectAs(options, env);
    const isTerminal = stdin.isTTY && stdout.isTTY && env['TERM'] !== 'dumb';
    try {
      if (options.simple || !isTerminal) return await new SimpleChat(hub, options, surroundings, clock).run();
      return await new FullChat(hub, options, surroundings, clock).run(options.rooms);
    } finally {
      await hub.close({ timeout: 0 });
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`hubbub: ${error.message}\n`);
    return exitCodes.misused;
  }
}
