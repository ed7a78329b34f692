/**
 * Pages of history in the `json` dialect: messages are kept in the form in which they go out, so a page copies bytes.
 */
import { headerStart } from './binary.ts';
import type { Codec, HistoryPage, Stored } from './dialect.ts';
import { checkStored } from './stored.ts';

const comma = 0x2c;
const decoder = new TextDecoder();

export const encodeHistory: Codec['encodeHistory'] = (page, messages, leftOut) => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const [index, kept] of messages.entries()) {
    try {
      const piece = asJson(kept);
      length += piece.length + 1;
      pieces.push(piece);
    } catch (error) {
      leftOut(index, error);
    }
  }
  return around(page, decoder.decode(join(pieces, length)));
};

/** Joins the pieces with commas. */
function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
    joined[at] = comma;
    at += 1;
  }
  return joined.subarray(0, Math.max(0, length - 1));
}

function around({ id, more, ...page }: HistoryPage, messages: string): string {
  const name = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  return `${JSON.stringify(page).slice(0, -1)},"messages":[${messages}],"more":${more}${name}}`;
}

/** @throws Error if it is not a message. */
function asJson(kept: Stored): Uint8Array {
  checkStored(kept);
  return kept.isBinary ? withBase64(kept.bytes) : kept.bytes;
}

/** The header, a JSON object, with the payload as one more field. */
function withBase64(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  const own = Buffer.from(buffer, byteOffset, length);
  const end = headerStart + own.readUInt16BE(1);
  const header = own.toString('utf8', headerStart, own.lastIndexOf('}', end - 1));
  return Buffer.from(`${header},"base64":"${own.toString('base64', end)}"}`);
}
