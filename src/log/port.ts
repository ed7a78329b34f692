/**
 * The port of the durable log: what the hub needs to remember rooms, and what an implementation has to guarantee. One
 * contract suite (test/log/contract.ts) runs against every implementation.
 *
 * A log holds the logs of many rooms. The caller numbers the entries; the log makes sure that no number of an epoch is
 * ever given to two messages, whatever happens to the process, and reports when an entry is kept.
 */

/** One message as it is stored. */
export interface Entry {
  /** Its number in the room's epoch, from 1. */
  readonly seq: number;
  /**
   * The number of the entry before it in the room, 0 for the first one: `seq - 1`, except after a jump (see `next`).
   */
  readonly prev: number;
  /**
   * When it was sent, by the clock that measures ages; milliseconds since 1970. The stamp in `bytes` is the wall
   * clock's.
   */
  readonly at: number;
  /** The id of its sender. */
  readonly user: string;
  /** The idempotency key its sender gave it. */
  readonly id?: string | undefined;
  /** The encoded WebSocket message (json dialect): stored and given back byte for byte. */
  readonly bytes: Uint8Array;
  /** Whether `bytes` go out as a binary WebSocket message. */
  readonly isBinary: boolean;
}

/**
 * The state of a room's log, including entries that are not committed yet. A snapshot: it does not change afterwards.
 */
export interface RoomHead {
  /** Names this numbering. Positions of different epochs cannot be compared. */
  readonly epoch: string;
  /** The number of the latest entry; 0 if there has been none. It stays when the entry is trimmed. */
  readonly seq: number;
  /** The number of the oldest entry that can be read; 0 if there is none. */
  readonly first: number;
  /**
   * The latest number whose entry can no longer be read, 0 if there is none: a client that has seen it misses nothing.
   */
  readonly trimmed: number;
  /**
   * The first number that was certainly never given to a message; the next entry must have it, or a higher one. It is
   * `seq + 1` unless the process was killed: then numbers that clients may have seen are skipped.
   */
  readonly next: number;
  /** How many entries can be read. */
  readonly count: number;
  /** The sum of the lengths of their `bytes`. */
  readonly bytes: number;
}

/** What to read: the first entries after a number, or the last ones before it. */
export type Range = { readonly after: number } | { readonly before: number };

/** A read stops at whichever comes first, but gives at least one entry if there is one. */
export interface ReadLimits {
  readonly entries: number;
  /** The limit for the sum of the lengths of `bytes`. */
  readonly bytes: number;
}

/** How long the id of an entry is remembered. */
export interface IdWindow {
  /** Milliseconds. */
  readonly time: number;
  /** Among this many of the room's latest entries, those without ids included. */
  readonly count: number;
}

/** The most that a room keeps. An entry is removed as soon as one of the limits says so. */
export interface Retention {
  readonly count?: number;
  /** Milliseconds. */
  readonly age?: number;
  readonly bytes?: number;
}

/**
 * When an entry is reported as committed.
 * - `process`: when it survives a killed process. A power loss may undo the last commit, and nothing else.
 * - `disk`: when it was flushed, and survives a power loss.
 * - `none`: at once.
 */
export type Durability = 'process' | 'disk' | 'none';

/** Everything of the room up to and including `seq` is committed. */
export interface Commit {
  readonly room: string;
  readonly seq: number;
}

/** Whether the log takes entries. It recovers by itself, except from `broken`. */
export interface LogStatus {
  /**
   * - `ready`: it takes them.
   * - `full`: the disk or the limit of the store is reached.
   * - `failing`: a commit failed and is tried again.
   * - `broken`: it will not work again in this process, or its files are no longer in their place, so that everything
   *   it writes is lost with the process.
   */
  readonly state: 'ready' | 'full' | 'failing' | 'broken';
  /** In words, for an operator. */
  readonly detail: string;
}

/** Why an entry was refused. Nothing of it was kept, and its number is still free. */
export interface Unavailable {
  /** `behind`: too much is waiting to be committed. The others are as in `LogStatus`. */
  readonly reason: 'full' | 'failing' | 'broken' | 'behind' | 'closed';
  /** Milliseconds after which to try again. */
  readonly retry: number;
}

/** The callbacks of a log. It MUST NOT call any of these from within a call of the owner; they MUST NOT throw. */
export interface LogEvents {
  /**
   * The commits since the last call: each room at most once, and per room in growing order of `seq`. An implementation
   * MUST NOT report an entry before it is as durable as configured, and MUST call this once per batch.
   */
  committed(commits: readonly Commit[]): void;
  /** The status has changed. */
  status(status: LogStatus): void;
  /**
   * An entry turned out to be damaged when it was read; entries before it that were committed with it may be damaged,
   * too. All reads leave them out from now on.
   */
  damaged(room: string, seq: number): void;
  /** A defect was met; the status says what it did to the log. */
  failed(what: string, error: unknown): void;
}

export interface LogOptions {
  readonly durability: Durability;
  /** The limit of the whole store in bytes; Infinity for none. */
  readonly maxBytes: number;
  /** The most memory for entries that wait to be committed, in bytes; beyond it appends are refused. */
  readonly maxQueue: number;
  readonly idWindow: IdWindow;
  /** A name for a room's new numbering, never given twice. */
  readonly newEpoch: () => string;
  /** Any 32-bit number, a different one in each process. */
  readonly seed: number;
  readonly events: LogEvents;
}

export interface LogStats {
  /** Rooms that are open. */
  readonly open: number;
  /** Entries that wait to be committed. */
  readonly queued: number;
  /** The sum of the lengths of their `bytes`. */
  readonly queuedBytes: number;
  /** The size of the store, in bytes, as `maxBytes` counts it. */
  readonly used: number;
}

export interface Log {
  /** As it is now. */
  readonly status: LogStatus;
  /** As they are now. */
  readonly stats: LogStats;

  /**
   * Opens a room. It is synchronous and MUST NOT wait for anything that was appended, and its time MUST NOT grow with
   * the number of entries or rooms, except for its logarithm. A room that does not exist begins a new epoch; an
   * implementation MAY keep nothing of it until its first entry.
   *
   * Each `open` MUST be followed by one `release`, in any order with those of other callers. All methods below that
   * take a room MUST only be called in between, and throw otherwise.
   * @param epoch for an import: the epoch of a room that does not exist yet.
   * @throws Error if the room exists and `epoch` is given.
   * @throws LogError if the store is so damaged that the room cannot be opened, or its entries cannot be read: this
   *   goes for every method that takes a room.
   */
  open(room: string, epoch?: string): RoomHead;

  /** The caller does not need the room for now. Entries that are not committed yet are not lost. */
  release(room: string): void;

  /** The present state of the room. */
  head(room: string): RoomHead;

  /**
   * Why the room's next entry would be refused now. If there is no reason, `append` MUST take it when it is called
   * next.
   */
  unavailable(room: string): Unavailable | undefined;

  /**
   * Adds an entry at the end of the room's log. It is synchronous, MUST NOT wait for any I/O, and MUST NOT throw
   * because of the state of the disk. The entry can be read at once and is committed later, with others;
   * `LogEvents.committed` reports it. Entries of a room MUST be committed in order: no entry is kept if its predecessor
   * is lost.
   *
   * The caller MUST NOT change `entry.bytes` afterwards. It may send the entry to others before it is committed.
   * @returns undefined if it was taken.
   * @throws RangeError if `seq` is below the room's `next`, or `prev` below the room's `seq`. In an import `prev` may
   *   be above: then readers see that something is missing.
   */
  append(room: string, entry: Entry): Unavailable | undefined;

  /** For an import: numbers below `next` count as given out. */
  skip(room: string, next: number): void;

  /**
   * Entries in growing order of `seq`, including those that are not committed yet. If an entry's `prev` is not the
   * `seq` of the one before it, something is missing in between.
   */
  read(room: string, range: Range, limits: ReadLimits): Entry[];

  /**
   * Where the latest entries before a number begin, as many as `read` would return, counting damaged ones: the `prev`
   * of the first one; undefined if there is none. Its time MUST NOT grow with the number of entries, except for its
   * logarithm and for that of the epoch's jumps.
   */
  latest(room: string, before: number, limits: ReadLimits): number | undefined;

  /**
   * The entry that this user appended to the room under this id before, if that is within the window; after a restart
   * too, if the entry is still stored.
   */
  find(room: string, user: string, id: string, now: number): { readonly seq: number; readonly at: number } | undefined;

  /**
   * Removes up to `maxSteps` entries from the old end, as `retention` says. It MAY leave entries that are not committed
   * yet, and works in any state of the store, if only to make room.
   * @returns how many it removed, and whether there is more to do.
   */
  trim(room: string, retention: Retention, now: number, maxSteps: number): { removed: number; more: boolean };

  /**
   * Forgets a room that has no entries: the next one of this name begins a new epoch. It counts as a release.
   * @returns false, and does nothing, if the room has entries or is also open elsewhere.
   */
  drop(room: string): boolean;

  /** Names of stored rooms in the order of their UTF-8 bytes, from the first one after `after`. */
  rooms(after: string, limit: number): string[];

  /** Settles when everything taken so far is committed. It waits as long as that takes. */
  flush(): Promise<void>;

  /**
   * Commits the remaining entries and closes, in such a way that numbering goes on without a jump. Only then is it safe
   * to open the same store again. It tries once: it does not wait for space on a full disk.
   * @throws LogError `unsaved`, after closing, if an accepted entry could not be committed.
   */
  close(): Promise<void>;
}
