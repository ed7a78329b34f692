/** Frames a client sends (RFC 6455, section 5.2). */

/** A text frame. Its mask is four zeros: it costs a server the same, and the payload can be changed in place. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
  if (payload.length > 0xffff) throw new Error('a message of the benchmark has at most 65,535 bytes');
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

/** An answer to a ping without data, the only one servers send by themselves. */
export const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
