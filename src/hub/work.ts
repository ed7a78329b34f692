/**
 * The work that this process has done for commands so far, in units of about a microsecond: it only grows. A session
 * reads it before and after a request, and so knows the cost of that, whichever part of the server did the work.
 */
export class Work {
  /** Reading, looking up, writing, sending to one connection. */
  own = 0;
  /** Sending to many. */
  delivered = 0;
}

/** How many bytes are copied to a socket in a unit, including the system call. */
const bytesPerUnit = 2000;

/**
 * The cost of a receiver besides the bytes: for a publish, which shares a write with others, or for a write of its own.
 */
const published = 0.4;
const written = 5;

/** The cost of publishing a frame to this many receivers, in units. */
export function publishCost(receivers: number, bytes: number): number {
  return receivers * (published + bytes / bytesPerUnit);
}

/** The cost of sending a frame to this many receivers one by one, in units. */
export function sendCost(receivers: number, bytes: number): number {
  return receivers * (written + bytes / bytesPerUnit);
}
