/** What the server starts for each of its `--threads`, if it has several: an edge, which does what the server tells it. */
import { runEdgeProcess } from './edge/remote/process.ts';

// It ends with the server, not at a signal that all processes of a terminal or a container get.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => undefined);
const crashed = runEdgeProcess(() => process.exit());
// The server has the log, and starts another one.
process.on('uncaughtException', (error) => {
  crashed('an edge process met a defect, and ends', error);
  process.exit(1);
});
