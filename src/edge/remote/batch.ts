/**
 * The calls of one turn of the loop as one batch in a stream of bytes: its length, and then each call with its number
 * of values, its name and its arguments, written by the structured clone algorithm.
 */
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { type Failed, guarded } from '../../observe/guard.ts';

/** A method of the other side, and its arguments, which are copied when the call is made. */
export type Call<Methods> = { [Name in keyof Methods & string]: [Name, ...ArgumentsOf<Methods[Name]>] }[keyof Methods &
  string];
type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => void ? Arguments : never;

const lengthBytes = 4;

/** From this size on, in bytes, a batch is sent before the end of the turn. */
const fullBatch = 1024 * 1024;

export class BatchWriter<Methods> {
  readonly #write: (batch: Uint8Array) => void;
  readonly #endOfTurn: () => void;
  #serializer: DefaultSerializer | undefined;
  /** The approximate size of the batch, in bytes. */
  #bytes = 0;

  /**
   * @param write takes a batch, and may keep it.
   * @param failed is called if it throws at the end of a turn.
   */
  constructor(write: (batch: Uint8Array) => void, failed: Failed) {
    this.#write = write;
    this.#endOfTurn = guarded('calls between processes cannot be written', failed, () => this.flush());
  }

  call(...call: Call<Methods>): void {
    const serializer = this.#serializer ?? this.#begin();
    serializer.writeUint32(call.length);
    for (const value of call) {
      serializer.writeValue(value);
      this.#bytes += sizeOf(value);
    }
    if (this.#bytes >= fullBatch) this.flush();
  }

  /** Writes the batch, unless it is empty. */
  flush(): void {
    const serializer = this.#serializer;
    if (!serializer) return;
    this.#serializer = undefined;
    this.#bytes = 0;
    serializer.writeUint32(0);
    const batch = serializer.releaseBuffer();
    batch.writeUInt32LE(batch.length - lengthBytes);
    this.#write(batch);
  }

  #begin(): DefaultSerializer {
    const serializer = new DefaultSerializer();
    serializer.writeRawBytes(Buffer.alloc(lengthBytes));
    serializer.writeHeader();
    this.#serializer = serializer;
    setImmediate(this.#endOfTurn);
    return serializer;
  }
}

/** Reassembles batches, however the stream was split. */
export class BatchReader<Methods> {
  readonly #methods: Methods;
  readonly #failed: Failed;
  /** Received data that is not read yet. */
  #chunks: Buffer[] = [];
  #bytes = 0;

  /**
   * @param methods are called, in order.
   * @param failed is called if one of them throws; later calls are made nevertheless.
   */
  constructor(methods: Methods, failed: Failed) {
    this.#methods = methods;
    this.#failed = failed;
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let batch = this.#next(); batch; batch = this.#next()) this.#read(batch);
  }

  #next(): Buffer | undefined {
    if (this.#bytes < lengthBytes) return undefined;
    const end = lengthBytes + this.#peek(lengthBytes).readUInt32LE();
    if (this.#bytes < end) return undefined;
    const bytes = this.#peek(this.#bytes);
    this.#chunks = bytes.length > end ? [bytes.subarray(end)] : [];
    this.#bytes -= end;
    return bytes.subarray(lengthBytes, end);
  }

  /** At least the first `length` bytes, in one piece. */
  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first && first.length >= length) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #read(batch: Buffer): void {
    const deserializer = new DefaultDeserializer(batch);
    deserializer.readHeader();
    for (let length = deserializer.readUint32(); length > 0; length = deserializer.readUint32()) {
      const [name, ...args] = Array.from({ length }, () => deserializer.readValue()) as [keyof Methods, ...unknown[]];
      const methods = this.#methods as Record<keyof Methods, (...args: unknown[]) => void>;
      try {
        methods[name](...args);
      } catch (error) {
        this.#failed(`a call of another process failed: ${String(name)}`, error);
      }
    }
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one), 0);
  return 8;
}
