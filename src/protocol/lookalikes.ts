/**
 * Names that look alike (UTS #39, "Confusable Detection"). Of all confusable pairs this has those of the scripts that
 * are confused in practice, and the compatible characters of Unicode.
 */
import type { User } from './generated/frames.ts';

/** A character, and those that look like it in one font or another. */
const table = [
  "'‘’ʻʼ´`′",
  '-‐‒–—―−ー一',
  '3зЗӡӠʒƷ',
  '4чЧ',
  '6б',
  'aаАαΑɑᴀ',
  'bВвЬьΒβʙßƄƅ',
  'cсСϲϹᴄ',
  'dԁԀᴅ',
  'eеЕҽҼΕεєЄᴇ℮',
  'fғҒꜰ',
  'gɡցԍԌɢ',
  'hһҺНнΗհʜ',
  'jјЈϳյᴊ',
  'kкКΚκᴋĸ',
  'lіІıΙιɩɪӀӏǀ∣ןו١۱ǃʟԼ',
  'mмМΜᴍ',
  'nпηոռΝɴ',
  'oоОοΟσօՕᴏ०০੦๐໐ס၀〇٥',
  'pрРρΡϼƿþᴘ',
  'qԛԚզգ',
  'rгᴦʀ',
  'sѕЅꜱՏƽ',
  'tтТΤτᴛ',
  'uυսՍᴜʋ',
  'vνѵѴᴠ',
  'wѡѠωԝԜաᴡ',
  'xхХχΧ×',
  'yуУүҮγΥʏ',
  'zΖζᴢ',
  'يیى',
  'كک',
  'هہھە',
  'エ工',
  'オ才',
  'カ力',
  'タ夕',
  'チ千',
  'ト卜',
  'ニ二',
  'ハ八',
  'ヘへ',
  'リり',
  'ロ口囗',
];

const prototypes = new Map(
  table.flatMap((group) => {
    const [prototype = '', ...others] = group;
    return others.map((other) => [other, prototype] as const);
  }),
);

/** How many results are cached. */
const remembered = 4096;
const known = new Map<string, readonly [string, string]>();

/** The look of a name: the same for all names that could be mistaken for it at a glance. */
export function lookOf(name: string): string {
  return skeletons(name)[0];
}

/**
 * A name has two, because a letter may resemble one letter in upper case and another one in lower case: Η is like H, η
 * like n. Names look alike if they share one.
 */
function skeletons(name: string): readonly [look: string, fold: string] {
  const before = known.get(name);
  if (before) return before;
  const text = name
    .normalize('NFKD')
    .replace(/\p{DI}/gu, '')
    .replace(/\s+/gu, ' ');
  const looks = Array.from(text, (character) => prototypes.get(character) ?? character).join('');
  const made = [simplified(looks), simplified(text)] as const;
  if (known.size >= remembered) known.clear();
  known.set(name, made);
  return made;
}

function simplified(text: string): string {
  return text
    .toLowerCase()
    .replace(/[i1|!]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** Users by the look of their names. */
export class Lookalikes {
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, Set<string>>();

  constructor(users: Iterable<User> = []) {
    for (const user of users) this.add(user);
  }

  /** @returns whether anything has changed. */
  add({ id, name }: User): boolean {
    if (this.#names.get(id) === name) return false;
    this.delete(id);
    this.#names.set(id, name);
    for (const key of skeletons(name)) {
      const ids = this.#ids.get(key);
      if (ids) ids.add(id);
      else this.#ids.set(key, new Set([id]));
    }
    return true;
  }

  delete(id: string): void {
    const name = this.#names.get(id);
    if (name === undefined) return;
    this.#names.delete(id);
    for (const key of skeletons(name)) {
      const ids = this.#ids.get(key);
      ids?.delete(id);
      if (ids?.size === 0) this.#ids.delete(key);
    }
  }

  /** The tag that distinguishes this user from others with similar names; undefined if there are none. */
  tag({ id, name }: User): string | undefined {
    let tag: string | undefined;
    for (const key of skeletons(name)) {
      for (const other of this.#ids.get(key) ?? []) {
        if (other !== id) tag = distinct(codeOf(id), codeOf(other), tag);
      }
    }
    return tag;
  }
}

/** The shortest prefix of `code` that is not a prefix of `other`, and not shorter than `least`. */
function distinct(code: string, other: string, least = code.slice(0, shortest)): string {
  let { length } = least;
  while (length < code.length && other.startsWith(code.slice(0, length))) length += 1;
  return code.slice(0, length);
}

const shortest = 3;

/** Without letters that are easily confused (Crockford's Base32). */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';

/** Twelve characters, made from the user's id: tags are prefixes of it. */
export function codeOf(id: string): string {
  let [one, other] = [0x811c9dc5, 0x2545f491];
  for (let at = 0; at < id.length; at += 1) {
    one = Math.imul(one ^ id.charCodeAt(at), 0x01000193);
    other = Math.imul(other ^ id.charCodeAt(at), 0x5bd1e995);
  }
  return written(mixed(one ^ (other >>> 15))) + written(mixed(other ^ (one >>> 13)));
}

function written(bits: number): string {
  let text = '';
  for (let at = 0; at < 30; at += 5) text += digits[(bits >>> at) & 31];
  return text;
}

/** Every bit depends on every bit (the end of MurmurHash3). */
function mixed(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
