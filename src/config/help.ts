import { configFile, isSwitch, type Kind, type Option, options } from './options.ts';
import { describeLimits } from './values.ts';

const columns = 96;
const indent = 32;

/** The placeholder for the value of a flag. */
const placeholders: Record<Kind, string> = {
  boolean: '',
  integer: ' NUMBER',
  string: ' TEXT',
  path: ' PATH',
  choice: ' WORD',
  list: ' NAME,NAME',
  duration: ' DURATION',
  size: ' SIZE',
  rate: ' RATE',
  byteRate: ' RATE',
  count: ' NUMBER|auto',
  proxies: ' [NUMBER|NETWORK,NETWORK]',
  rules: ' JSON',
};

const notes =
  'A flag takes precedence over its environment variable, that over the configuration file, that over the default. ' +
  'DURATION is a number with ms, s, m, h or d, such as 10s. SIZE is a number of bytes, or one with KiB, MiB or GiB, ' +
  'such as 64KiB. RATE is what may pass per second and what may pass at once, such as 100:500 or 1MiB:4MiB, or off. ' +
  'In an environment variable, what is switched by a flag is true or false.';

/** The text of `--help`. */
export function help(): string {
  const entries = [configFile, ...options.values()].map((option) =>
    entry(spelling(option) + placeholders[option.kind], `${meaning(option)} [${origin(option)}]`),
  );
  return [
    'Usage: hubbub [OPTION]...',
    '       hubbub demo         shows what it is like: a server with a few people who chat',
    '       hubbub chat --help  shows how to chat in the terminal',
    '       hubbub log --help   shows the commands that back up, move and check the stored messages',
    '',
    entry('--help', 'Shows this text.'),
    entry('--version', 'Shows the version.'),
    ...entries,
    '',
    ...wrap(notes, columns),
    '',
  ].join('\n');
}

/** The table of options for docs/configuration.md. */
export function markdownTable(): string {
  const rows = [configFile, ...options.values()].map((option) => [
    code(spelling(option)),
    code(option.env),
    option.default === undefined ? '' : code(written(option)),
    meaning(option).replaceAll('|', '\\|'),
  ]);
  const lines = [['option', 'environment', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function spelling(option: Option): string {
  return isSwitch(option) ? option.flag.replace('--', '--[no-]') : option.flag;
}

/** The description, with the limits from the schema. */
function meaning(option: Option): string {
  const limits = option.kind === 'choice' ? option.choices.join(', ') : describeLimits(option);
  return limits === '' || option.kind === 'proxies' ? option.description : `${option.description} (${limits})`;
}

function origin(option: Option): string {
  return option.default === undefined ? option.env : `${option.env}, default ${written(option)}`;
}

/** The default, as one would write it after the flag. */
function written(option: Option): string {
  return option.kind === 'rules' ? JSON.stringify(option.default) : String(option.default);
}

function code(text: string): string {
  return `\`${text}\``;
}

/** A flag, with its text in the column beside it, or below it if the flag is too long. */
function entry(flag: string, text: string): string {
  const margin = ' '.repeat(indent);
  const lines = wrap(text, columns - indent).map((line) => margin + line);
  const label = `  ${flag}`;
  if (label.length + 2 > indent) return [label, ...lines].join('\n');
  return label + lines.join('\n').slice(label.length);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line += line === '' ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
