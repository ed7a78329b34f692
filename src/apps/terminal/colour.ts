/** The colours of people: the same for the same user, readable on a dark and on a light background. */

/** The colours of a terminal: none, 16, or 256 and more. */
export type Depth = 'none' | 'basic' | 'full';

/** Of the 256 colours, those with a contrast of at least 3 to 1 to black and to white (WCAG 2, large text). */
export const palette = [
  28, 29, 30, 32, 33, 62, 64, 67, 94, 97, 99, 100, 127, 130, 132, 133, 134, 136, 161, 164, 166, 168,
] as const;

/** Without black, white, and yellow, which is invisible on white. */
const basic = [1, 2, 4, 5, 6] as const;

/** The index of a user's colour, 0 to 255. */
export function colourOf(userId: string, depth: Depth): number {
  const colours: readonly number[] = depth === 'full' ? palette : basic;
  return colours[hash(userId) % colours.length] ?? 0;
}

/** FNV-1a, mixed once more: ids often differ in a few characters only. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
