/** What can be shown: everything that happens in a chat, as data. */
import type { Gap } from '../../client/api.ts';
import type { Member, User } from '../../protocol/generated/frames.ts';

/** What a message says, a direct one or a broadcast too. */
export interface Content {
  readonly body: unknown;
  /** Where the body is bytes. */
  readonly file?: FileNote;
}

/** Bytes that came. */
export interface FileNote {
  /** What they are called by `/save`; left out where they are on their way out. */
  readonly number?: number;
  readonly size: number;
  readonly mime?: string;
  readonly name?: string;
}

/** A user, and what tells them from others whose names look like theirs. */
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

/** Somebody is different now. */
export interface PersonChange {
  readonly member: Member & Person;
  readonly was: Member & Person;
}

/** Who came, went, or is different. */
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

/** A message of this user that is in no log: on its way, or refused. */
export interface UnsentEntry extends Content {
  readonly kind: 'unsent';
  readonly room: string;
  readonly from: Person | undefined;
  readonly at: number;
  /** Why it was refused; left out while it is on its way. */
  readonly reason?: string;
}

/** Something the program itself says. Lines after the first one belong to it. */
export interface NoticeEntry {
  readonly kind: 'notice';
  readonly text: string;
  /** `answer`: what was asked for; `info`: by the way; `error`: something did not work. */
  readonly tone: 'answer' | 'info' | 'error';
  readonly at: number;
}

/** From here on, something else is shown. */
export interface HeadingEntry {
  readonly kind: 'heading';
  readonly text: string;
}
