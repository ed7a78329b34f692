/** A load process and its channel, from both ends: one call at a time, each with one answer. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';

interface AnyCall {
  readonly type: string;
}

type Reply = { readonly ok: unknown } | { readonly error: string };

/** `C`: its calls; `A`: the answers, by the type of the call. */
export class Subprocess<C extends AnyCall, A extends Record<C['type'], unknown>> implements AsyncDisposable {
  readonly #process: ChildProcess;

  constructor(script: URL) {
    this.#process = fork(script.pathname);
  }

  /** @throws {Error} if the process could not do it, or has ended. */
  async call<One extends C>(call: One): Promise<A[One['type']]> {
    const ended = new AbortController();
    const onExit = () => ended.abort();
    this.#process.once('exit', onExit);
    try {
      this.#process.send(call);
      const [reply] = (await once(this.#process, 'message', { signal: ended.signal })) as [Reply];
      if ('error' in reply) throw new Error(reply.error);
      return reply.ok as A[One['type']];
    } catch (error) {
      throw ended.signal.aborted ? new Error('a load process has ended') : error;
    } finally {
      this.#process.off('exit', onExit);
    }
  }

  /** Sets the priority of its main thread (setpriority(2)), if that is allowed. */
  yieldTo(niceness: number): void {
    try {
      setPriority(this.#process.pid ?? 0, niceness);
    } catch (error) {
      if ((error as { info?: { code?: string } }).info?.code !== 'EACCES') throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The other end, in the process itself. */
export function answerCalls<C extends AnyCall>(answer: (call: C) => Promise<unknown>): void {
  const reply = (message: Reply): void => {
    process.send?.(message);
  };
  process.on('message', (call: C) => {
    answer(call).then(
      (ok) => reply({ ok }),
      (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
