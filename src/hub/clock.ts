/** The clocks of the server. Durations and stamps have different clocks: the one for stamps may jump. */
export interface Clock {
  /**
   * The wall clock, in milliseconds since 1970. An operator or NTP may set it ahead and back: use it for stamps only.
   */
  readonly now: () => number;
  /** Milliseconds since some moment. It only grows: for durations, deadlines and rates. */
  readonly monotonic: () => number;
  /**
   * Milliseconds since 1970: the wall clock as long as that can be trusted, otherwise as if it had not jumped. For ages
   * and expiry.
   * @param wall the wall clock, if it has just been read.
   */
  readonly trusted: (wall?: number) => number;
}
