import type { ServerFrame } from '../protocol/generated/frames.ts';
import type { ClosedBecause } from './api.ts';
import type { Environment } from './environment.ts';
import type { WebSocketLike } from './socket.ts';
import { decode } from './wire.ts';

export interface ConnectionHandlers {
  readonly frame: (frame: ServerFrame) => void;
  /** The connection has ended. Nothing follows. */
  readonly end: (because: ClosedBecause) => void;
}

type Socket = Omit<WebSocketLike, 'send'> & {
  send(data: string | Uint8Array): void;
  /** Only the WebSocket of `ws` has it. */
  terminate?(): void;
};

/** A close code that is not final: the server keeps the user's place (PROTOCOL.md, "Leaving"). */
const abandoned = 4000;

/** One WebSocket, from its beginning to its end, which is reported once. */
export class Connection {
  readonly #socket: Socket;
  #handlers: ConnectionHandlers | undefined;
  #trouble = 'the connection was lost';

  constructor(socket: WebSocketLike, handlers: ConnectionHandlers, after: Environment['after']) {
    this.#socket = socket as Socket;
    this.#handlers = handlers;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#receive(data);
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
      this.#end({ code, message: reason || this.#trouble });
    // This listener stays for good: `ws` throws errors without a listener.
    socket.onerror = ({ message }: { readonly message?: string }) => {
      if (message) this.#trouble = message;
      // `close` should follow at once. In Node 22 it does not if nobody answers.
      after(0, () => this.#end({ code: 1006, message: this.#trouble }));
    };
  }

  send(wire: string | Uint8Array): void {
    this.#socket.send(wire);
  }

  /** Does not wait for the other side, which may not be there. */
  abandon(message: string): void {
    this.#end({ code: 1006, message });
    this.#socket.close(abandoned);
    this.#socket.terminate?.();
  }

  /** Says goodbye; `end` follows if the other side is there. */
  close(): void {
    this.#socket.close(1000);
  }

  #receive(data: unknown): void {
    let frame: ServerFrame;
    try {
      frame = decode(data);
    } catch {
      return this.abandon('what came is not of the protocol');
    }
    this.#handlers?.frame(frame);
  }

  #end(because: ClosedBecause): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.end(because);
  }
}
