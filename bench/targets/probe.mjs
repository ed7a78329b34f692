// Loaded into a server before its own code (`node --expose-gc --import`), and asked over IPC: to collect its garbage, so
// that memory can be compared, and how long its event loop kept others waiting. It keeps nothing alive.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 1 });
const answers = {
  collect() {
    globalThis.gc();
    globalThis.gc();
  },
  watchLoop() {
    delay.reset();
    delay.enable();
  },
  /** In microseconds. */
  loopDelay() {
    delay.disable();
    return { p99: delay.percentile(99) / 1000, longest: delay.max / 1000 };
  },
};
process.on('message', (question) => process.send({ answer: answers[question]() }));
process.channel.unref();
