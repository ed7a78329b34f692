/** The figures that status clients get: arrays of `Figures` over the WebSocket at `/status`. */

/** Present values, and totals since the start. */
export interface Gauges {
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  /** Messages to rooms so far. */
  readonly messages: number;
  /** Connections that got them, added up. */
  readonly deliveries: number;
  /** Connections that were refused before they had a session, or ended before their request was complete. */
  readonly refused: number;
  /** Failures of the server itself; their records in the log say more. */
  readonly failures: number;
  /** Messages that wait to be committed. */
  readonly queued: number;
  /** The size of the log, in bytes. */
  readonly stored: number;
}

/** The figures of one second. */
export interface Figures extends Gauges {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** By how much the event loop was late, at the 99th percentile and at worst, in milliseconds. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** The share of a core that the process used. */
  readonly cpu: number;
  /** The memory of the process, and the JavaScript heap within it, in bytes. */
  readonly memory: { readonly resident: number; readonly heap: number };
}
