import type { Wire } from '../../protocol/dialect.ts';

const text = 0x81;
const binary = 0x82;

/** A message as one frame of a server: not fragmented, and not masked (RFC 6455, section 5.2). */
export function messageFrame(wire: Wire): Buffer {
  const length = typeof wire === 'string' ? Buffer.byteLength(wire) : wire.byteLength;
  const start = length < 126 ? 2 : length < 2 ** 16 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = typeof wire === 'string' ? text : binary;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof wire === 'string') frame.write(wire, start);
  else frame.set(wire, start);
  return frame;
}
