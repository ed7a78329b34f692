import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { PlainReply } from '../handlers.ts';
import type { Responder } from '../responder.ts';

/** How long a client may take to close a connection after the last answer, in milliseconds. */
const lingerTime = 2000;

export class PortableResponder implements Responder {
  readonly #request: IncomingMessage;
  readonly #socket: Socket;
  readonly #response: ServerResponse | undefined;
  readonly #answered: () => void;
  #onAborted: (() => void) | undefined;

  /**
   * @param response undefined for a handshake: Node reads no further request on its connection.
   * @param answered is called when the connection may be used for another request.
   */
  constructor(request: IncomingMessage, response: ServerResponse | undefined, answered: () => void) {
    this.#request = request;
    this.#socket = request.socket;
    this.#response = response;
    this.#answered = answered;
  }

  onAborted(then: () => void): void {
    this.#onAborted = then;
    this.#socket.once('close', then);
  }

  afterBody(longest: number, then: () => void): void {
    if (!this.#response) return then();
    let received = 0;
    let isWaiting = true;
    const end = () => {
      if (isWaiting) then();
      isWaiting = false;
    };
    this.#request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > longest) end();
    });
    this.#request.once('end', end);
  }

  /** Not with Node's own methods: they close a connection with unread data, which resets it and loses the answer. */
  answerAndClose(reply: PlainReply, isHead: boolean): void {
    this.#request.resume();
    endWith(this.#socket, wholeAnswer(reply, isHead));
  }

  send(reply: PlainReply, body: Uint8Array, isLast: boolean, then: () => void): boolean {
    const socket = this.#socket;
    const response = this.#response;
    if (isLast || !response) {
      endWith(socket, wholeAnswer(reply, false));
    } else {
      const [status = '', reason = ''] = reply.status.split(/ (.*)/);
      // Staying open is the default (RFC 9112, section 9.3).
      response.removeHeader('connection');
      response.writeHead(Number(status), reason, { ...reply.headers, 'content-length': body.byteLength });
      response.end(body);
    }
    if (socket.writableLength === 0) {
      this.#end();
      return true;
    }
    (response ?? socket).once('finish', () => {
      this.#end();
      then();
    });
    return false;
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(): void {
    if (this.#onAborted) this.#socket.off('close', this.#onAborted);
    this.#answered();
  }
}

/** The last answer on a connection. Further data is read and discarded for a while. */
export function endWith(socket: Socket, answer: Uint8Array | string): void {
  socket.end(answer);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerTime).unref();
  socket.once('close', () => clearTimeout(timer));
}

function wholeAnswer({ status, headers, body }: PlainReply, isHead: boolean): Uint8Array {
  const lines = [
    `HTTP/1.1 ${status}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `date: ${new Date().toUTCString()}`,
    ...(body ? [`content-length: ${body.byteLength}`] : []),
    'connection: close',
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  return body && !isHead ? Buffer.concat([head, body]) : head;
}
