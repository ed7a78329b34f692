import { type Failed, guarded } from '../../observe/guard.ts';
import type { PlainReply } from '../handlers.ts';
import type { Responder } from '../responder.ts';
import type { HttpResponse } from './native.ts';

export class NativeResponder implements Responder {
  readonly #response: HttpResponse;
  readonly #failed: Failed;
  #isGone = false;

  constructor(response: HttpResponse, failed: Failed) {
    this.#response = response;
    this.#failed = failed;
  }

  onAborted(then: () => void): void {
    this.#response.onAborted(() => {
      this.#isGone = true;
      then();
    });
  }

  /** Reads the body first: closing a connection with unread data resets it and loses the answer. */
  afterBody(longest: number, then: () => void): void {
    let received = 0;
    this.#response.onData((chunk, isLast) => {
      const isWaiting = received <= longest;
      received += chunk.byteLength;
      if (received > longest) this.#response.pause();
      if (isWaiting && (isLast || received > longest)) then();
    });
  }

  /**
   * After the end of an answer uWebSockets.js does not close a connection before the client has read it, but takes
   * further requests and buffers all answers. So it never sees the end of this one: the body is hidden in the last
   * header's value.
   */
  answerAndClose(reply: PlainReply, isHead: boolean): void {
    const response = this.#response;
    const text = reply.body && !isHead ? Buffer.from(reply.body).toString().trimEnd() : undefined;
    const length = text === undefined ? reply.body?.byteLength : Buffer.byteLength(text) + 2;
    response.cork(() => {
      writeHead(response, reply);
      response.writeHeader('date', new Date().toUTCString());
      if (length !== undefined) response.writeHeader('content-length', `${length}`);
      response.writeHeader('connection', text === undefined ? 'close\r\n' : `close\r\n\r\n${text}`);
    });
    response.close();
  }

  /** The unsent rest of the body is not copied. */
  send(reply: PlainReply, body: Uint8Array, isLast: boolean, then: () => void): boolean {
    const response = this.#response;
    let isDone = false;
    response.cork(() => {
      writeHead(response, reply);
      if (isLast) response.writeHeader('connection', 'close').pause();
      [, isDone] = response.tryEnd(body, body.byteLength);
    });
    if (isDone) return true;
    const goOn = (offset: number): boolean => {
      const [isWritten, isWhole] = response.tryEnd(body.subarray(offset), body.byteLength);
      if (isWhole) this.#end(then);
      return isWritten;
    };
    response.onWritable(isLast ? (offset) => this.#afterCallback(() => goOn(offset)) : goOn);
    return false;
  }

  close(): void {
    this.#response.close();
  }

  #end(then: () => void): void {
    this.#isGone = true;
    then();
  }

  /** After `onWritable` uWebSockets.js reads from a connection again, even if it is paused there. */
  #afterCallback(goOn: () => void): boolean {
    const write = guarded('an answer cannot go on', this.#failed, () => {
      if (this.#isGone) return;
      this.#response.pause();
      this.#response.cork(goOn);
    });
    setImmediate(write);
    return true;
  }
}

function writeHead(response: HttpResponse, { status, headers }: PlainReply): void {
  response.writeStatus(status);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
}
