/** Requests with one answer, which wait for a connection. */
import type { ClientFrame, ServerAck, ServerError, ServerFrame } from '../protocol/generated/frames.ts';
import { abortable, Deferred } from './deferred.ts';
import type { Environment } from './environment.ts';
import { HubbubError } from './error.ts';
import { encode, type Loose } from './wire.ts';
import type { Job, Writer } from './writer.ts';

interface Request {
  readonly answer: Deferred<ServerFrame>;
  readonly job: Job;
  /** Whether carrying it out twice does no harm. */
  readonly isRepeatable: boolean;
  /** It was given to the writer of this connection. */
  isUnderWay: boolean;
}

/** The requests without their `id`s. */
export type Question = ClientFrame extends infer Frame
  ? Frame extends { id?: string }
    ? Loose<Omit<Frame, 'id'>>
    : never
  : never;

/** How long to wait if the server does not say, in milliseconds. */
export const defaultRetry = 1000;

export class Requests {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #newId: () => string;
  readonly #requests = new Map<string, Request>();
  #closed: HubbubError | undefined;

  constructor(environment: Environment, writer: Writer, newId: () => string) {
    this.#environment = environment;
    this.#writer = writer;
    this.#newId = newId;
  }

  /** @param isRepeatable whether it may be sent again if it is unknown whether it was carried out. */
  async ask<Answer extends ServerFrame = ServerAck>(
    question: Question,
    signal?: AbortSignal,
    isRepeatable = false,
  ): Promise<Answer> {
    if (this.#closed) throw this.#closed;
    signal?.throwIfAborted();
    const id = this.#newId();
    const answer = new Deferred<ServerFrame>();
    const fail = (error: HubbubError) => this.#take(id)?.answer.reject(error);
    const job: Job = { ...encode({ ...question, id } as Loose<ClientFrame>), fail };
    const refusal = this.#writer.refusal(job.size);
    if (refusal) throw refusal;
    const request: Request = { answer, job, isRepeatable, isUnderWay: false };
    this.#requests.set(id, request);
    this.#push(request);
    return abortable(answer.promise, signal, () => this.#take(id)) as Promise<Answer>;
  }

  /** @returns whether it is the answer to one of them. */
  settle(frame: ServerFrame & { id?: string }): boolean {
    const request = this.#take(frame.id ?? '');
    request?.answer.resolve(frame);
    return request !== undefined;
  }

  /** @returns whether it is one of them that was refused. */
  refuse(error: ServerError): boolean {
    const request = this.#requests.get(error.id ?? '');
    if (request && isPassing(error)) {
      request.isUnderWay = false;
      this.#environment.after(error.retry ?? defaultRetry, () => this.resume());
    } else request?.job.fail?.(toError(error));
    return request !== undefined;
  }

  /** Sends the requests that were not sent yet. */
  resume(): void {
    for (const request of this.#requests.values()) {
      if (!request.isUnderWay) this.#push(request);
    }
  }

  /** A frame was refused with `rate_limited`: one of these, or another. */
  repeat(retry: number, why: HubbubError): void {
    this.lost(why);
    this.#environment.after(retry, () => this.resume());
  }

  /** There will be no answer: requests under way may have been carried out, or not. */
  lost(why: HubbubError): void {
    for (const request of this.#requests.values()) {
      const { job, isRepeatable } = request;
      if (job.sent && !isRepeatable) job.fail?.(why);
      // A request that was not sent yet is still in the writer, unless the connection is gone.
      request.isUnderWay &&= this.#writer.isOpen && !job.sent;
      job.sent = false;
    }
  }

  close(error: HubbubError | undefined): void {
    this.#closed = error;
    if (error) for (const { job } of this.#requests.values()) job.fail?.(error);
  }

  #push(request: Request): void {
    request.isUnderWay = this.#writer.isOpen;
    this.#writer.push(request.job);
  }

  #take(id: string): Request | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request) request.job.dropped = true;
    return request;
  }
}

/** Whether the same request may succeed later. */
export function isPassing({ code }: ServerError): boolean {
  return code === 'rate_limited' || code === 'unavailable';
}

export function toError({ code, message, path, retry }: ServerError): HubbubError {
  return new HubbubError(code, message, { path, retry });
}
