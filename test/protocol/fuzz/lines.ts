/** Lines that people type, and random ones. */

import type { Random } from '../../kit/random.ts';
import type { Sent } from './frames.ts';

const commands = [
  'join',
  'leave',
  'name',
  'username',
  'nick',
  'who',
  'list',
  'rooms',
  'history',
  'msg',
  'broadcast',
  'me',
  'binary',
  'dm',
  'mgs',
  'status',
  'ping',
  'help',
  'JOIN',
  'dance',
  '',
  '__proto__',
  'constructor',
  '/',
  '日本語',
  '\u001b[2J',
  'x'.repeat(5000),
];

const words = [
  'lobby',
  'general',
  'r1',
  'r2',
  '7',
  '1000',
  '0',
  '日本語',
  '👩‍👩‍👧',
  'typist',
  '"typist"',
  '"Ada Lovelace"',
  '"a\tb"',
  '"',
  '""',
  '*',
  'away',
  'busy',
  'online',
  'hello',
  'two words',
  '\u202e',
  '\u2028',
  '\u0000',
  '\t',
  '\u0085',
  '\u001b]0;x\u0007',
  '\ufeff',
  '\ufffd',
  'x'.repeat(129),
  '😀'.repeat(64),
  ' '.repeat(3000),
  '* bob left lobby',
  '<script>',
  '{"type":"ping"}',
  '%s%n',
  '../..',
];

/** One message of the text dialect: a line, several, or bytes. Never `/quit`. */
export function someLines(random: Random): Sent {
  if (random.chance(0.05)) return { data: Buffer.from(random.bytes(random.below(300))), isBinary: true };
  const count = random.chance(0.8) ? 1 : random.below(30);
  const lines = Array.from({ length: count }, () => someLine(random)).filter((line) => !/^\/quit(\s|$)/i.test(line));
  return { data: Buffer.from(lines.join(random.pick(['\n', '\r\n', '\r', '\n\n']))), isBinary: false };
}

function someLine(random: Random): string {
  const rest = () =>
    Array.from({ length: random.below(4) }, () => random.pick(words)).join(random.pick([' ', ' ', '  ', '']));
  return random.weighted<() => string>([
    [6, () => `/${random.pick(commands)}${random.pick([' ', ' ', '', '\t', '\u2028'])}${rest()}`],
    [3, rest],
    [1, () => `//${rest()}`],
    [1, () => Buffer.from(random.bytes(random.below(80))).toString()],
    [0.1, () => random.pick(['x', ' ', '/', '"', '😀']).repeat(random.below(10_000))],
  ])();
}
