/**
 * The body of a message: `~<sender>,<number>,<intended time>~xxx…`, with fields of fixed width, so that a sender can
 * write them in place and a receiver can find them in any frame of the server.
 */
const senderDigits = 2;
const numberDigits = 10;
const timeDigits = 16;

const senderAt = 1;
const numberAt = senderAt + senderDigits + 1;
const timeAt = numberAt + numberDigits + 1;
const tail = timeAt + timeDigits;

/** The shortest body. */
export const shortestBody = tail + 1;

const tilde = 0x7e;

export interface Stamp {
  readonly sender: number;
  /** Counts the sender's messages from 0. */
  readonly number: number;
  /** When it was meant to be sent, in microseconds. */
  readonly intended: number;
}

/** A body of `length` bytes, to be stamped later. */
export function blankBody(length: number): string {
  const fields = [senderDigits, numberDigits, timeDigits].map((digits) => '0'.repeat(digits));
  return `~${fields.join(',')}~`.padEnd(length, 'x');
}

/** Writes a stamp into `frame`, which has a body at `at`. */
export function stamp(frame: Buffer, at: number, { sender, number, intended }: Stamp): void {
  writeDigits(frame, at + senderAt, senderDigits, sender);
  writeDigits(frame, at + numberAt, numberDigits, number);
  writeDigits(frame, at + timeAt, timeDigits, intended);
}

/** Reads the stamp of the body in `payload`; undefined if there is none. */
export function readStamp(payload: Buffer): Stamp | undefined {
  const at = payload.indexOf(tilde);
  if (at < 0 || payload[at + tail] !== tilde) return undefined;
  return {
    sender: readDigits(payload, at + senderAt, senderDigits),
    number: readDigits(payload, at + numberAt, numberDigits),
    intended: readDigits(payload, at + timeAt, timeDigits),
  };
}

export function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    bytes[place] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function readDigits(bytes: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let place = at; place < at + digits; place += 1) value = value * 10 + (bytes[place] as number) - 48;
  return value;
}
