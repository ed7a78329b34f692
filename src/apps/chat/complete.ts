/** Completion by the Tab key. */
import { commandName, forms } from '../../protocol/commands.ts';

export interface Completion {
  /** The new text before the cursor. */
  readonly before: string;
  /** The candidates, if there are several. */
  readonly choices: readonly string[];
}

/** The words that can be completed. */
export interface Known {
  readonly rooms: readonly string[];
  readonly users: readonly string[];
  /** The same, in the form in which they are shown in sentences. */
  readonly addresses: readonly string[];
  /**
   * The files of a directory, whose path is as it was typed; directories end with a slash. Empty if it does not exist.
   */
  readonly files: (directory: string) => readonly string[];
}

const commandNames = forms.map(({ names: [name] }) => `/${name}`);

/** @param before the text before the cursor. */
export function complete(before: string, known: Known): Completion {
  const [, command = '', space, rest = ''] = /^\/(\S*)(\s+)?(.*)$/su.exec(before) ?? [];
  if (!before.startsWith('/') || before.startsWith('//')) return word(before, known.users);
  if (space === undefined) return choose('', `/${command}`, commandNames, ' ');
  const stem = before.slice(0, before.length - rest.length);
  switch (commandName(command)) {
    case 'join':
    case 'leave':
    case 'who':
    case 'rooms':
      return choose(stem, rest, known.rooms, '');
    case 'msg':
      return rest.includes(' ') && !/^"[^"]*$/.test(rest)
        ? word(before, known.users)
        : receiver(stem, rest, known.addresses);
    case 'file':
      return path(stem, rest, known);
    case 'save': {
      const [, number = ''] = /^(\d+\s+)/.exec(rest) ?? [];
      return number === '' ? { before, choices: [] } : path(stem + number, rest.slice(number.length), known);
    }
    default:
      return word(before, known.users);
  }
}

/** A name in a sentence; at its beginning it addresses somebody. */
function word(before: string, users: readonly string[]): Completion {
  const [typed = ''] = /\S*$/u.exec(before) ?? [];
  if (typed === '') return { before, choices: [] };
  const stem = before.slice(0, before.length - typed.length);
  const at = typed.startsWith('@') ? '@' : '';
  return choose(stem + at, typed.slice(at.length), users, stem === '' && at === '' ? ': ' : ' ');
}

function receiver(stem: string, typed: string, addresses: readonly string[]): Completion {
  const found = choose(stem, typed, addresses, ' ');
  if (found.before !== stem + typed || found.choices.length > 0 || typed.startsWith('"')) return found;
  return choose(stem, `"${typed}`, addresses, ' ', stem + typed);
}

function path(stem: string, typed: string, { files }: Known): Completion {
  const directory = typed.slice(0, typed.lastIndexOf('/') + 1);
  const name = typed.slice(directory.length);
  const entries = files(directory).filter((entry) => !entry.startsWith('.') || name.startsWith('.'));
  return choose(stem + directory, name, entries, '', undefined, true);
}

function choose(
  stem: string,
  typed: string,
  words: readonly string[],
  end: string,
  otherwise = stem + typed,
  isExact = false,
): Completion {
  const plain = (text: string) => (isExact ? text : text.toLowerCase());
  const found = [...new Set(words)].filter((one) => plain(one).startsWith(plain(typed))).sort();
  const [first] = found;
  if (first === undefined) return { before: otherwise, choices: [] };
  if (found.length === 1) return { before: stem + first + end, choices: [] };
  const start = commonStart(found, plain);
  return { before: stem + (start.length > typed.length ? start : typed), choices: found };
}

function commonStart([first = '', ...others]: readonly string[], plain: (text: string) => string): string {
  const characters = [...first];
  let length = 0;
  while (length < characters.length) {
    const start = plain(characters.slice(0, length + 1).join(''));
    if (!others.every((other) => plain(other).startsWith(start))) break;
    length += 1;
  }
  return characters.slice(0, length).join('');
}
