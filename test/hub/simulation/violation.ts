/** The hub broke a rule. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function ensure(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Violation(what());
}
