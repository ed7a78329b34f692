/** What the server starts for each of its `--threads`, if it has several: an edge, which does what the server tells it. */
import { runEdgeProcess } from './edge/remote/process.ts';

// It ends with the server, not at a signal that all processes of a terminal or a container get.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR2'] as const) process.on(signal, () => undefined);
runEdgeProcess(() => process.exit());
