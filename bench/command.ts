/** Shared by all commands: an orderly exit, and one line for a wrong command line. */
import { UsageError } from './options.ts';

/** Exit codes: 1 a message was lost or out of order, or a run could not be made at all; 2 the command line is wrong. */
export const exitCodes = { broken: 1, usage: 2 };

/** @param name the beginning of error messages. */
export function runCommand(name: string, main: (args: readonly string[]) => Promise<void>): void {
  // An orderly exit, which ends the servers and load processes as well. A signal that comes twice does not cut it
  // short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => process.exit(exitCodes.broken));
  main(process.argv.slice(2)).catch((error: unknown) => {
    if (error instanceof UsageError) {
      process.stderr.write(`${name}: ${error.message}\n`);
      process.exit(exitCodes.usage);
    }
    console.error(error);
    process.exit(exitCodes.broken);
  });
}
