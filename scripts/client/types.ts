/**
 * The types of the client in one file, for an address or a package that has no other files. TypeScript 7 has no stable
 * compiler API, and none is needed: `tsc` lays out declarations in one way, each at the start of a line.
 */
import { readFile } from 'node:fs/promises';

interface Declarations {
  /** By name: the comment above and the code. */
  readonly own: ReadonlyMap<string, string>;
  /** The file that declares each imported name. */
  readonly imported: ReadonlyMap<string, URL>;
  /** The names that this file exports from others. */
  readonly passedOn: ReadonlyMap<string, URL>;
  /** The files that it exports whole. */
  readonly whole: readonly URL[];
  readonly references: readonly string[];
}

/**
 * What is exported by a `.d.ts` file, and all that this refers to.
 * @throws Error if two different declarations have the same name.
 */
export async function rolledUp(entry: URL): Promise<string> {
  const files = new Map<string, Declarations>();
  const references = new Set<string>();
  const texts = new Map<string, string>();
  const read = async (file: URL): Promise<Declarations> => {
    const known = files.get(file.href) ?? declarations(await readFile(file, 'utf8'), file);
    files.set(file.href, known);
    for (const line of known.references) references.add(line);
    return known;
  };
  const take = async (name: string, file: URL): Promise<void> => {
    const { own, imported } = await read(file);
    const text = own.get(name);
    if (text === undefined || texts.get(name) === text) return;
    if (texts.has(name)) throw new Error(`the client has two types called ${name}`);
    texts.set(name, text);
    const words = new Set(text.replace(/\/\*.*?\*\//gs, '').match(/\b[A-Z]\w*/g));
    for (const word of words) await take(word, own.has(word) ? file : (imported.get(word) ?? file));
  };
  const takeExports = async (file: URL): Promise<void> => {
    const { own, passedOn, whole } = await read(file);
    for (const name of own.keys()) await take(name, file);
    for (const [name, from] of passedOn) await take(name, from);
    for (const from of whole) await takeExports(from);
  };
  await takeExports(entry);
  return `${[...references, ...texts.values()].join('\n')}\n`;
}

function declarations(text: string, file: URL): Declarations {
  const own = new Map<string, string>();
  const imported = new Map<string, URL>();
  const passedOn = new Map<string, URL>();
  const whole: URL[] = [];
  // A comment, and a statement up to a line that ends it.
  const statements = text.matchAll(/^(\/\*\*(?:(?!\*\/).)*\*\/\n)?(?:export|import) .*?(?:;$(?!\n[\s}])|^\}$)/gms);
  for (const [statement, comment = ''] of statements) {
    const code = statement.slice(comment.length);
    const [, names, from] = /^(?:im|ex)port (?:type )?(?:\{(.*)\}|\*) from '(.*)';$/s.exec(code) ?? [];
    if (from !== undefined) {
      const source = new URL(from.replace(/\.ts$/, '.d.ts'), file);
      if (names === undefined) whole.push(source);
      for (const name of names?.match(/\b(?!type\b)\w+/g) ?? []) {
        (code.startsWith('import') ? imported : passedOn).set(name, source);
      }
      continue;
    }
    const [, name] = /^export (?:declare )?(?:interface|type|class|function) (\w+)/.exec(code) ?? [];
    if (name === undefined) throw new Error(`${file.pathname} has an unexpected declaration: ${code}`);
    own.set(name, statement);
  }
  return { own, imported, passedOn, whole, references: text.match(/^\/\/\/ .*$/gm) ?? [] };
}
