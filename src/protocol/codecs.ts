import type { Codec, Dialect, Wire } from './dialect.ts';
import type { ServerFrame } from './generated/frames.ts';
import { encodeJson, jsonCodec } from './json.ts';
import { TextCodec } from './text.ts';
import { encodeText } from './text-lines.ts';
import { TextRooms } from './text-rooms.ts';
import { validateServerFrame } from './validate.ts';

/** A codec for each connection; and an encoder for frames that go to many, which runs once per dialect. */
export interface Codecs {
  create(dialect: Dialect): Codec;
  encode(dialect: Dialect, frame: ServerFrame): Wire;
}

/** @param home the rooms whose messages have no room name in front of them in the text dialect. */
export function createCodecs(home: readonly string[]): Codecs {
  const rooms = new TextRooms(home);
  // A message goes to the log first and then to the members, both times encoded the same.
  let latest: { readonly frame: ServerFrame; readonly wire: Wire } | undefined;
  const encodeOnce = (frame: ServerFrame): Wire => {
    if (latest?.frame !== frame) latest = { frame, wire: encodeJson(frame) };
    return latest.wire;
  };
  return {
    create: (dialect) => (dialect === 'text' ? new TextCodec(rooms) : jsonCodec),
    encode: (dialect, frame) => (dialect === 'text' ? encodeText(frame, rooms) : encodeOnce(frame)),
  };
}

/** The same codecs, but each outgoing frame is validated first; a frame that does not fit its schema is reported. */
export function checked(codecs: Codecs, report: (reason: string, frame: ServerFrame) => void): Codecs {
  const check = (frame: ServerFrame) => {
    const refusal = validateServerFrame(frame);
    if (refusal) report(`${refusal.path} ${refusal.message}`, frame);
  };
  return {
    create(dialect) {
      const codec = codecs.create(dialect);
      return {
        dialect,
        decode: (data, isBinary) => codec.decode(data, isBinary),
        encode(frame) {
          check(frame);
          return codec.encode(frame);
        },
        closed: () => codec.closed(),
        encodeStored: (stored) => codec.encodeStored(stored),
        encodeHistory(page, messages, leftOut) {
          check(JSON.parse(`${jsonCodec.encodeHistory(page, messages, () => undefined)}`));
          return codec.encodeHistory(page, messages, leftOut);
        },
      };
    },
    encode(dialect, frame) {
      check(frame);
      return codecs.encode(dialect, frame);
    },
  };
}
