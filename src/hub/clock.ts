/** What the server takes the time from. Durations and stamps have clocks of their own: the one for stamps may jump. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. An operator or NTP may set it ahead and back: it stamps, and no more. */
  readonly now: () => number;
  /** Milliseconds since some moment. It only grows: for durations, deadlines and rates. */
  readonly monotonic: () => number;
  /**
   * Milliseconds since 1970: the wall clock as long as that can be trusted, else as if it had not jumped. For what hangs
   * on how old a stamp is: ages and expiry.
   * @param wall the wall clock, where it has just been read.
   */
  readonly trusted: (wall?: number) => number;
}
