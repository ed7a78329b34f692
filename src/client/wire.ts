/** Frames as they go over the WebSocket. */
import { encodeBinary, encoder } from '../protocol/binary.ts';
import type { ClientFrame, ServerFrame, ServerSignal, StoredMessage } from '../protocol/generated/frames.ts';
import type { Message, Signal } from './api.ts';
import { HubbubError } from './error.ts';

const decoder = new TextDecoder();
const unsayable: readonly string[] = ['undefined', 'function', 'symbol'];

/** A frame whose optional fields may be undefined: then they are left out. */
export type Loose<Frame> = Frame extends object
  ? { [Name in keyof Frame]: object extends Pick<Frame, Name> ? Frame[Name] | undefined : Frame[Name] }
  : never;

export interface Encoded {
  readonly wire: string | Uint8Array;
  /** Its length in bytes. */
  readonly size: number;
}

/** @throws HubbubError `invalid_body` */
export function encode(given: Loose<ClientFrame>): Encoded {
  const frame = given as ClientFrame;
  if ('body' in frame) {
    const body = toBytes(frame.body);
    if (body) {
      const wire = encodeBinary({ ...frame, body });
      return { wire, size: wire.length };
    }
    if (frame.type !== 'signal' && unsayable.includes(typeof frame.body)) throw invalidBody();
  }
  const wire = stringify(frame);
  return { wire, size: encoder.encode(wire).length };
}

/** @throws if it is not a frame of the protocol. */
export function decode(data: unknown): ServerFrame {
  if (typeof data === 'string') return JSON.parse(data) as ServerFrame;
  const view = new DataView(data as ArrayBuffer);
  const start = 3;
  const end = start + view.getUint16(1);
  const header = JSON.parse(decoder.decode(new Uint8Array(view.buffer, start, end - start))) as object;
  return { ...header, body: new Uint8Array(view.buffer, end) } as ServerFrame;
}

/** A message of a page of history, in the form of a new message. */
export function fromPage({ type: _, prev: __, base64, ...message }: StoredMessage, epoch: string): Message {
  const body = base64 === undefined ? message.body : Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return { ...message, epoch, body };
}

export function signalOf({ type: _, room: __, ...signal }: ServerSignal): Signal {
  return signal;
}

function toBytes(body: unknown): Uint8Array | undefined {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return ArrayBuffer.isView(body) ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : undefined;
}

function stringify(frame: ClientFrame): string {
  try {
    return JSON.stringify(frame);
  } catch (cause) {
    throw invalidBody({ cause });
  }
}

function invalidBody(more?: { cause: unknown }): HubbubError {
  return new HubbubError('invalid_body', 'the body cannot be said in JSON', more);
}
