/** Frames a client sends (RFC 6455, section 5.2). */

/** A text frame. Its mask is four zeros: it costs a server the same, and the payload can be changed in place. */
export function textFrame(text: string): Buffer {
  return frame(0x81, Buffer.from(text));
}

/** The same as a binary frame, of text in UTF-8. */
export function binaryFrame(text: string): Buffer {
  return frame(0x82, Buffer.from(text));
}

function frame(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, ...lengthOf(payload), 0, 0, 0, 0]), payload]);
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 126) return [0x80 | length];
  if (length <= 0xffff) return [0xfe, length >> 8, length & 0xff];
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(length));
  return [0xff, ...long];
}

/** An answer to a ping without data, the only one servers send by themselves. */
export const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
