/** The hub did what it must not, or did not what it must. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function ensure(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Violation(what());
}
