/**
 * The form of names in lines of text, among words of the server: each is one token, so that no name can be mistaken for
 * anything else (PROTOCOL.md, "The text dialect").
 */

import type { User } from './generated/frames.ts';
import { displayName } from './generated/patterns.ts';
import { codeOf, lookOf } from './lookalikes.ts';

/** A name that needs no quotes: no spaces, and no characters with a meaning in a line. */
const bare = /^[\p{L}\p{M}\p{N}\p{ExtPict}\p{EMod}\p{RI}\p{DI}_.'@#+/~&=$%-]+$/u;

/** Words with which lines of the server begin. */
const ownWords = new Set(
  ['echo', 'goodbye', 'on', 'pong', 'rooms', 'sent', 'welcome', 'you'].map((word) => lookOf(word)),
);

/** Characters that are never shown as they are; and those that are not shown in the wrong place. */
const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu;
const invisible = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800\uFFF9-\uFFFC]/gu;

/**
 * A name, a room or a note as a token: as it is if it is plain, otherwise in quotes, with a `\` before `"` and `\`, and
 * invisible characters written as `\u{200b}`.
 *
 * @param tag distinguishes users whose names look alike; it follows a middle dot.
 */
export function shown(name: string, tag?: string): string {
  const isFit = displayName.test(name);
  const isPlain = isFit && bare.test(name) && !ownWords.has(lookOf(name));
  const token = isPlain ? name : quoted(name, isFit ? steering : invisible);
  return tag === undefined ? token : `${token}·${tag}`;
}

function quoted(text: string, hidden: RegExp): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(hidden, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
  return `"${escaped}"`;
}

/** A name as it was typed: in quotes or not, with a tag or not. */
interface Typed {
  readonly name: string;
  readonly tag: string;
}

function read(token: string): Typed {
  const [, quoted, plain, tag = ''] = /^(?:"((?:[^"\\]|\\.)*)"|(.+?))(?:·([0-9a-z]{3,12}))?$/su.exec(token) ?? [];
  return { name: quoted === undefined ? (plain ?? token) : unescaped(quoted), tag };
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-f]{1,6})\}|(.))/gsu, (_, code: string | undefined, character: string) => {
    if (code === undefined) return character;
    const point = Number.parseInt(code, 16);
    return point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point);
  });
}

/** Splits a line into the name at its beginning, which may have spaces if it is in quotes, and the rest. */
export function readAddress(typed: string): { readonly to: string; readonly rest: string } | undefined {
  const [, to, rest] = /^("(?:[^"\\]|\\.)+"(?:·[0-9a-z]+)?(?=\s)|\S+)\s+(.+)$/su.exec(typed) ?? [];
  return to === undefined || rest === undefined ? undefined : { to, rest };
}

/** The name that a token stands for. */
export function nameIn(token: string): string {
  return read(token).name;
}

/** A typed name in the form in which it would be shown. */
export function respelled(token: string): string {
  const { name, tag } = read(token);
  return shown(name, tag === '' ? undefined : tag);
}

/** Reads the name of a room, as a token or as it is. */
export function readRoom(token: string): string {
  return /^".+"$/su.test(token) ? read(token).name : token;
}

/**
 * Finds the users with this name as it is shown, or with this id. Case counts only if it makes a difference.
 * @returns several users if the name is ambiguous.
 */
export function addressed(users: Iterable<User>, token: string): User[] {
  const { name, tag } = read(token);
  const lower = name.toLowerCase();
  const exact: User[] = [];
  const alike: User[] = [];
  for (const user of users) {
    const fits = user.name === name && codeOf(user.id).startsWith(tag);
    if (fits || user.name === token || user.id === token) exact.push(user);
    else if (user.name.length === name.length && user.name.toLowerCase() === lower) alike.push(user);
  }
  return exact.length > 0 ? exact : alike.filter(({ id }) => codeOf(id).startsWith(tag));
}
