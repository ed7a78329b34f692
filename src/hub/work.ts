/**
 * What the commands that were carried out have made this process do so far: it only grows. A session looks at it before
 * and after a request, and so knows what that one was worth, whichever part of the server did the work.
 */
export class Work {
  /** The process's own time, in units of about a microsecond: reading, looking up, writing. */
  own = 0;
  /** Bytes handed to sockets for others: the length of each frame times its receivers. */
  delivered = 0;
}

/** How many delivered bytes take about a microsecond, the system calls of a large fan-out included. */
const deliveredPerUnit = 2000;

/** What was done between two looks at the work, in units. */
export function units(own: number, delivered: number): number {
  return own + delivered / deliveredPerUnit;
}
