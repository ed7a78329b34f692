/** A client that joins rooms, reads their messages, and measures the time. */

import type { Address } from '../load/address.ts';
import { textFrame } from '../load/client-frame.ts';
import { Connection } from '../load/connection.ts';
import { dialects } from '../load/dialects.ts';

/** How long an answer may take, in milliseconds. */
const patience = 30_000;

/** In milliseconds, from the request to the first and to the last frame of the answer. */
export interface Timing {
  readonly first: number;
  readonly last: number;
}

/** The fields of a frame that are looked at. */
export interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly epoch?: string;
  readonly recovered?: boolean;
  readonly messages?: readonly { readonly seq: number }[];
  readonly more?: boolean;
}

export class Visitor implements Disposable {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async come(address: Address): Promise<Visitor> {
    const opening = (text: string) => (text.startsWith('{"type":"welcome"') ? 'member' : undefined);
    const dialect = { ...dialects.hubbub, path: () => '/?room=', opening };
    return new Visitor(await Connection.open({ address, dialect, room: '' }, 0));
  }

  /** Joins without a position. @returns the answer. */
  async join(room: string): Promise<Frame> {
    return this.#ask({ type: 'join', room }, ({ type }) => type === 'joined');
  }

  /** Joins at number `since`, and gets everything up to `to`. */
  async resume(room: string, epoch: string, since: number, to: number): Promise<Timing> {
    const start = performance.now();
    let first = 0;
    let next = since + 1;
    await this.#ask({ type: 'join', room, since: { epoch, seq: since } }, (frame) => {
      first ||= performance.now();
      if (frame.type === 'joined' && !frame.recovered) throw new Error(`${room} cannot be resumed at ${since}`);
      if (frame.type !== 'message') return false;
      if (frame.seq !== next) throw new Error(`message ${frame.seq} of ${room} in place of ${next}`);
      next += 1;
      return frame.seq === to;
    });
    return { first: first - start, last: performance.now() - start };
  }

  async leave(room: string): Promise<void> {
    await this.#ask({ type: 'leave', room }, ({ type }) => type === 'left');
  }

  /** A page of the room's messages: those before a number, or the latest. */
  async history(room: string, limit: number, before?: number): Promise<{ page: Frame; time: number }> {
    const start = performance.now();
    const request = { type: 'history', room, limit, ...(before !== undefined && { before }) };
    const page = await this.#ask(request, ({ type }) => type === 'history');
    return { page, time: performance.now() - start };
  }

  /** Sends a request, and takes frames until one says that it was the last. */
  #ask(request: object, isLast: (frame: Frame) => boolean): Promise<Frame> {
    const { reader, lost } = this.#connection;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        reader.onPayload = undefined;
        settle();
      };
      const timer = setTimeout(() => {
        end(() => reject(new Error(`no answer to ${JSON.stringify(request)}; ${lost ?? 'the connection is there'}`)));
      }, patience);
      reader.onPayload = (payload) => {
        try {
          const frame = JSON.parse(payload.toString()) as Frame;
          if (frame.type === 'error') throw new Error(`${JSON.stringify(request)}: ${payload}`);
          if (isLast(frame)) end(() => resolve(frame));
        } catch (error) {
          end(() => reject(error));
        }
      };
      this.#connection.send(textFrame(JSON.stringify(request)));
    });
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
