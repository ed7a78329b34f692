/** What the server tells of itself to those who watch it: arrays of `Figures` over the WebSocket at `/status`. */

/** What there is at a moment, and how much there has been since the start. */
export interface Gauges {
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  /** Messages to rooms so far. */
  readonly messages: number;
  /** To how many connections they went. */
  readonly deliveries: number;
  /** Connections that came to nothing: refused before they had a session, or ended before a request was whole. */
  readonly refused: number;
  /** Messages that wait to be committed. */
  readonly queued: number;
  /** What the log takes, in bytes. */
  readonly stored: number;
}

/** One second of it. */
export interface Figures extends Gauges {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** By how much the event loop was late, at the 99th percentile and at worst, in milliseconds. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** The share of a core that the process took. */
  readonly cpu: number;
  /** What the process takes of the memory, and its JavaScript heap of that, in bytes. */
  readonly memory: { readonly resident: number; readonly heap: number };
}
