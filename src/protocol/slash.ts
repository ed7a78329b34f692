/** A slash after invisible characters; input methods for Chinese and Japanese write the fullwidth one. */
const slash = /^([\s\p{DI}]*)([/／])([/／]?)(\S*)(.*)$/su;

/** A line that begins with a slash, in its parts. */
export interface Slashed {
  readonly space: string;
  /** The second one, if there are two: then it is something to say. */
  readonly double: string;
  readonly word: string;
  readonly rest: string;
}

/** @returns undefined if it does not begin with a slash: then it is something to say. */
export function slashed(typed: string): Slashed | undefined {
  const [, space = '', first, double = '', word = '', rest = ''] = slash.exec(typed) ?? [];
  return first === undefined ? undefined : { space, double, word, rest };
}
