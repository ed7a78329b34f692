/**
 * Plain HTTP on the port of the WebSockets: one request at a time on a connection, so many from one address, and so many
 * bytes of answers that nobody reads.
 *
 * A request is never answered in the callback that brings it. Until it is, an edge MUST drop a connection on which the next
 * one comes: so a connection has one answer at most to come, however many requests are in a packet.
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
   * Whether a connection takes one request only. Behind a proxy that says with the first bytes on a connection whose it is,
   * the client could say something else with the bytes before its next request.
   */
  readonly oneRequest: boolean;
}

/** How long a client may take to read an answer, in milliseconds. One that reads nothing is dropped after 10 s. */
const readTime = 60_000;

/** How many bytes of answers may be on the way to those who have not read them yet: in all, and to one address. */
const unreadLimit = 16 * 1024 * 1024;
const unreadPerAddress = unreadLimit / 4;

/** How many bytes of an answer cost as much as a request. */
const bytesPerRequest = 64 * 1024;

/** A longer body of a request is not read: the answer comes before its end. */
const longestBody = 1024 * 1024;

/** How many are answered in one turn of the loop. */
const answeredPerTurn = 16;

/**
 * What an orchestrator asks. It may come from the same address as those who ask too much, and ends the server if it is
 * refused: so it never is. Past the limit it is told what was true within the last second.
 */
const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const healthAge = 1000;

type HttpHandlers = Pick<EdgeHandlers, 'http' | 'refused' | 'failed'>;

/** A request that is to be answered, and its answer on the way. */
interface Exchange {
  readonly responder: Responder;
  readonly answer: () => void;
  /** The connection is gone, or the answer is whole. */
  isOver: boolean;
}

/** An answer that did not go out at once. */
interface Unread {
  readonly client: HttpClient;
  readonly bytes: number;
  /** When it is to be read. */
  readonly deadline: number;
}

export class PlainHttp {
  readonly #handlers: HttpHandlers;
  readonly #now: () => number;
  readonly #clients: HttpClients;
  readonly #oneRequest: boolean;
  #waiting: Exchange[] = [];
  /** The one that began first first. */
  readonly #unread = new Map<Exchange, Unread>();
  #unreadBytes = 0;
  readonly #health = new Map<string, { readonly reply: PlainReply; readonly at: number }>();

  /** @param now milliseconds of a clock that is never set. */
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

  /** To be called from time to time: drops those who do not read. */
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
    message: 'there are too many requests from your address',
  };
}

const tooMuchUnread: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'too many answers are not read yet',
};

function replyOf({ status, header, message }: Rejection): PlainReply {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...(header && { [header[0]]: header[1] }) },
    body: Buffer.from(message),
  };
}
