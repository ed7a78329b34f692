/** The entries of a chat: everything that happens in it, as data. */
import type { Gap } from '../../client/api.ts';
import type { Member, User } from '../../protocol/generated/frames.ts';

/** The content of a message, also of a direct one or a broadcast. */
export interface Content {
  readonly body: unknown;
  /** Set if the body is bytes. */
  readonly file?: FileNote;
}

/** Received bytes. */
export interface FileNote {
  /** Their number for `/save`; left out while they are being sent. */
  readonly number?: number;
  readonly size: number;
  readonly mime?: string;
  readonly name?: string;
}

/** A user, with the tag that distinguishes them from others with similar names. */
export interface Person extends User {
  readonly tag?: string;
}

export type Entry =
  | MessageEntry
  | DirectEntry
  | BroadcastEntry
  | PresenceEntry
  | GapEntry
  | UnsentEntry
  | NoticeEntry
  | HeadingEntry;

export interface MessageEntry extends Content {
  readonly kind: 'message';
  readonly room: string;
  readonly from: Person;
  readonly at: number;
}

export interface DirectEntry extends Content {
  readonly kind: 'direct';
  readonly from: Person;
  readonly to: Person;
  readonly at: number;
}

export interface BroadcastEntry extends Content {
  readonly kind: 'broadcast';
  readonly from: Person;
  readonly at: number;
}

/** The name or state of a user has changed. */
export interface PersonChange {
  readonly member: Member & Person;
  readonly was: Member & Person;
}

/** Users that came, left, or changed. */
export interface PresenceEntry {
  readonly kind: 'presence';
  readonly room: string;
  readonly joins: readonly Person[];
  readonly leaves: readonly Person[];
  readonly changes: readonly PersonChange[];
  readonly at: number;
}

export interface GapEntry {
  readonly kind: 'gap';
  readonly room: string;
  readonly gap: Gap;
}

/** A message of this user that is not in the log: on its way, or refused. */
export interface UnsentEntry extends Content {
  readonly kind: 'unsent';
  readonly room: string;
  readonly from: Person | undefined;
  readonly at: number;
  /** Why it was refused; left out while it is on its way. */
  readonly reason?: string;
}

/** A notice of the program itself. Further lines belong to it. */
export interface NoticeEntry {
  readonly kind: 'notice';
  readonly text: string;
  /** `answer`: the result of a command; `info`: unasked; `error`: a failure. */
  readonly tone: 'answer' | 'info' | 'error';
  readonly at: number;
}

/** Another room is shown from here on. */
export interface HeadingEntry {
  readonly kind: 'heading';
  readonly text: string;
}
