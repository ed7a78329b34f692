/**
 * Plain HTTP on the port of the WebSockets: one request at a time per connection, with limits on requests per address
 * and on unread bytes of answers.
 *
 * A request is never answered in the callback that delivers it. Until it is answered, an edge MUST drop a connection on
 * which another one arrives: so a connection waits for at most one answer, however many requests are in a packet.
 */
import type { Rate } from '../session/rate-limit.ts';
import { limitKey } from './address.ts';
import { type Rejection, retryAfter } from './admission.ts';
import { answering } from './answering.ts';
import type { EdgeHandlers, PlainReply, PlainRequest } from './handlers.ts';
import { type HttpClient, HttpClients } from './http-clients.ts';
import type { Responder } from './responder.ts';

export interface PlainHttpOptions {
  /** Requests from one address; undefined: no limit. */
  readonly rate: Rate | undefined;
  /**
   * Whether a connection takes only one request. With the PROXY protocol a client could otherwise send a header of its
   * own before its next request.
   */
  readonly oneRequest: boolean;
}

/** How long a client may take to read an answer, in milliseconds. One that reads nothing is dropped after 10 s. */
const readTime = 60_000;

/** The most unread bytes of answers: in all, and to one address. */
const unreadLimit = 16 * 1024 * 1024;
const unreadPerAddress = unreadLimit / 4;

/** How many bytes of an answer cost as much as a request. */
const bytesPerRequest = 64 * 1024;

/** A longer body of a request is not read to its end before the answer. */
const longestBody = 1024 * 1024;

/** How many are answered in one turn of the loop. */
const answeredPerTurn = 16;

/**
 * Health checks of an orchestrator, which may share its address with greedy clients, and would end the server if it
 * were refused: so it never is. Beyond the limit it gets an answer that is up to a second old.
 */
const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const healthAge = 1000;

type HttpHandlers = Pick<EdgeHandlers, 'http' | 'refused' | 'failed'>;

/** A request, and its answer. */
interface Exchange {
  readonly responder: Responder;
  readonly answer: () => void;
  /** Whether the connection is gone, or the answer is complete. */
  isOver: boolean;
}

/** An answer that did not go out at once. */
interface Unread {
  readonly client: HttpClient;
  readonly bytes: number;
  /** When it has to be read. */
  readonly deadline: number;
}

export class PlainHttp {
  readonly #handlers: HttpHandlers;
  readonly #now: () => number;
  readonly #clients: HttpClients;
  readonly #oneRequest: boolean;
  #waiting: Exchange[] = [];
  /** In the order in which they began. */
  readonly #unread = new Map<Exchange, Unread>();
  #unreadBytes = 0;
  readonly #health = new Map<string, { readonly reply: PlainReply; readonly at: number }>();

  /** @param now milliseconds of a monotonic clock. */
  constructor({ rate, oneRequest }: PlainHttpOptions, handlers: HttpHandlers, now: () => number) {
    this.#handlers = handlers;
    this.#now = now;
    this.#clients = new HttpClients(rate);
    this.#oneRequest = oneRequest;
  }

  /** Answers a request, soon. */
  answer(responder: Responder, request: PlainRequest, address: string): void {
    const exchange = this.#exchange(responder, () => this.#answer(exchange, request, address));
    if (hasBody(request)) responder.afterBody(longestBody, () => this.#enqueue(exchange));
    else this.#enqueue(exchange);
  }

  /** Answers a request that is refused, soon. */
  refuse(responder: Responder, rejection: Rejection): void {
    this.#enqueue(this.#exchange(responder, () => responder.answerAndClose(replyOf(rejection), false)));
  }

  /** Call it regularly: it drops clients that do not read. */
  inspect(): void {
    const now = this.#now();
    for (const [{ responder }, { deadline }] of this.#unread) {
      if (deadline > now) return;
      responder.close();
    }
  }

  #exchange(responder: Responder, answer: () => void): Exchange {
    const exchange: Exchange = { responder, answer, isOver: false };
    responder.onAborted(() => this.#end(exchange));
    return exchange;
  }

  #enqueue(exchange: Exchange): void {
    if (this.#waiting.push(exchange) === 1) setImmediate(() => this.#answerSome());
  }

  #answerSome(): void {
    const exchanges = this.#waiting.splice(0, answeredPerTurn);
    if (this.#waiting.length > 0) setImmediate(() => this.#answerSome());
    for (const { responder, answer, isOver } of exchanges) {
      if (!isOver) answering(responder, this.#handlers.failed, answer);
    }
  }

  #answer(exchange: Exchange, request: PlainRequest, address: string): void {
    const { responder } = exchange;
    const now = this.#now();
    const client = this.#clients.get(limitKey(address), now);
    const wait = client.requests?.wait(1, now) ?? 0;
    const isHead = request.method === 'head';
    const isRead = isHead || request.method === 'get';
    const isHealth = isRead && healthPaths.has(request.path);
    if (isHealth && wait > 0) return responder.answerAndClose(this.#recentHealth(request, now), isHead);
    const refusal = isHealth ? undefined : this.#refusal(client, wait);
    if (refusal) {
      this.#handlers.refused({ address, ...refusal });
      return responder.answerAndClose(replyOf(refusal), false);
    }
    const reply = this.#handlers.http(request);
    const { body } = reply;
    client.requests?.take(1 + Math.floor((body?.byteLength ?? 0) / bytesPerRequest));
    if (isRead && !isHead && body) this.#send(exchange, client, reply, body);
    else responder.answerAndClose(reply, isHead);
  }

  /** @param wait until the client may ask, in milliseconds. */
  #refusal(client: HttpClient, wait: number): Rejection | undefined {
    if (wait > 0) return tooMany(wait);
    return this.#unreadBytes >= unreadLimit || client.unread >= unreadPerAddress ? tooMuchUnread : undefined;
  }

  #recentHealth(request: PlainRequest, now: number): PlainReply {
    const recent = this.#health.get(request.path);
    if (recent && now - recent.at < healthAge) return recent.reply;
    const reply = this.#handlers.http(request);
    this.#health.set(request.path, { reply, at: now });
    return reply;
  }

  #send(exchange: Exchange, client: HttpClient, reply: PlainReply, body: Uint8Array): void {
    if (exchange.responder.send(reply, body, this.#oneRequest, () => this.#end(exchange))) return this.#end(exchange);
    const bytes = body.byteLength;
    client.unread += bytes;
    this.#unreadBytes += bytes;
    this.#unread.set(exchange, { client, bytes, deadline: this.#now() + readTime });
  }

  #end(exchange: Exchange): void {
    exchange.isOver = true;
    const unread = this.#unread.get(exchange);
    if (!unread) return;
    this.#unread.delete(exchange);
    this.#unreadBytes -= unread.bytes;
    unread.client.unread -= unread.bytes;
  }
}

function hasBody({ headers }: PlainRequest): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

function tooMany(wait: number): Rejection {
  return {
    status: '429 Too Many Requests',
    header: ['retry-after', `${Math.ceil(wait / 1000)}`],
    message: 'too many requests from your address',
  };
}

const tooMuchUnread: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'too many answers are still unread',
};

function replyOf({ status, header, message }: Rejection): PlainReply {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...(header && { [header[0]]: header[1] }) },
    body: Buffer.from(message),
  };
}
