/** The bytes of the values, in the form that a codec gets: numbers are bytes, strings are UTF-8. */
export function bytes(...parts: (number | string | Uint8Array)[]): ArrayBuffer {
  const all = parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part)));
  return new Uint8Array(Buffer.concat(all)).buffer;
}
