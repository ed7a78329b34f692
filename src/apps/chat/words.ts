/** Texts that all views share. */
import type { Gap } from '../../client/api.ts';
import { actionMark } from '../../protocol/commands.ts';
import type { Member } from '../../protocol/generated/frames.ts';
import { shown } from '../../protocol/names.ts';
import type { Content, FileNote, Person, PersonChange } from './entries.ts';

/** The text of a message, and whether it is an action. */
export interface Said {
  readonly text: string;
  readonly isAction: boolean;
}

export function saidIn({ body, file }: Content): Said {
  if (file) return { text: fileWords(file), isAction: true };
  if (typeof body !== 'string') return { text: JSON.stringify(body) ?? '', isAction: false };
  return body.startsWith(actionMark)
    ? { text: body.slice(actionMark.length), isAction: true }
    : { text: body, isAction: false };
}

/** The most lines of a text that are shown. */
const manyLines = 100;

/** Splits at every line end of Unicode. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|[\n\v\f\r\x85\u2028\u2029]/);
  if (lines.length <= manyLines) return lines;
  return [...lines.slice(0, manyLines), `… ${amount(lines.length - manyLines, 'more line')}`];
}

function fileWords({ number, size, mime, name }: FileNote): string {
  const what = name ?? (mime?.startsWith('text/') ? 'a text' : 'bytes');
  const details = [...(mime === undefined ? [] : [mime]), byteCount(size)].join(', ');
  return `sent ${what} (${details})${number === undefined ? '' : ` · /save ${number} <path>`}`;
}

/** `1 person`, `3 people`; other words get an s. */
export function amount(number: number, what: string): string {
  if (number === 1) return `1 ${what}`;
  return `${number.toLocaleString('en')} ${what === 'person' ? 'people' : `${what}s`}`;
}

const units = ['KiB', 'MiB', 'GiB'];

export function byteCount(bytes: number): string {
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit < 0 ? amount(bytes, 'byte') : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const whys = {
  trimmed: 'the room no longer has them',
  not_kept: 'the room keeps none',
  damaged: 'they cannot be read any more',
  unread: 'too much came at once',
  epoch: '',
} as const;

export function gapWords({ from, to, why }: Gap): string {
  if (from === undefined || to === undefined) return '… messages may be missing here (the room has started anew) …';
  const number = to - from + 1;
  return `… ${amount(number, 'message')} ${number === 1 ? 'is' : 'are'} missing here${whys[why] === '' ? '' : ` (${whys[why]})`} …`;
}

/** A name within a sentence: it cannot be mistaken for words of the sentence. */
export function nameOf({ name, tag }: Pick<Person, 'name' | 'tag'>): string {
  return shown(name, tag);
}

/** People in a row, and how many more. */
export function namesIn(people: readonly Pick<Person, 'name' | 'tag'>[], most?: number): string {
  return inARow(people.map(nameOf), most);
}

export function inARow(all: readonly string[], most = 8): string {
  const names = all.slice(0, most);
  const more = all.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A change in words; undefined if it is of no interest to people. */
export function changeWords({ member, was }: PersonChange): string | undefined {
  const isRenamed = member.name !== was.name;
  const state = member.state !== was.state || member.note !== was.note ? `is ${stateWords(member)}` : undefined;
  if (isRenamed) return `${nameOf(was)} is now called ${nameOf(member)}${state === undefined ? '' : `, and ${state}`}`;
  return state === undefined ? undefined : `${nameOf(member)} ${state}`;
}

export function stateWords({ state, note }: Pick<Member, 'state' | 'note'>): string {
  return note === undefined ? state : `${state}: ${shown(note)}`;
}
