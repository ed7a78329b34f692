/**
 * What the commands that were carried out have made this process do so far, in units of about a microsecond: it only
 * grows. A session looks at it before and after a request, and so knows what that one was worth, whichever part of the
 * server did the work.
 */
export class Work {
  /** Reading, looking up, writing, sending to one connection. */
  own = 0;
  /** Sending to many. */
  delivered = 0;
}

/** How many bytes are copied to a socket in a unit, the system call included. */
const bytesPerUnit = 2000;

/** What a receiver costs beside the bytes: of a publish, which is gathered with others to one write, or with a write of its own. */
const published = 0.4;
const written = 5;

/** What it takes to publish a frame to so many, in units. */
export function publishCost(receivers: number, bytes: number): number {
  return receivers * (published + bytes / bytesPerUnit);
}

/** What it takes to send a frame to so many, one by one, in units. */
export function sendCost(receivers: number, bytes: number): number {
  return receivers * (written + bytes / bytesPerUnit);
}
