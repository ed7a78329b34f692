/** The program of an edge process: with `--edges` the server starts several, and tells them what to do. */
import { runEdgeProcess } from './edge/remote/process.ts';
import { loadNative } from './edge/uws/native.ts';

// It ends with the server, not at a signal that goes to all processes of a terminal or a container.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => undefined);
const crashed = runEdgeProcess(await loadNative(), () => process.exit());
// The server logs the end of this process, and starts another one.
process.on('uncaughtException', (error) => {
  crashed('an edge process met a defect, and ends', error);
  process.exit(1);
});
