import type { DialectName } from '../load/dialects.ts';
import type { Target } from '../targets/targets.ts';

/** The same targets, with another dialect for those that are Hubbub. */
export function speaking(dialect: DialectName, targets: readonly Target[]): Target[] {
  return targets.map((target) => (target.dialect === 'hubbub' ? { ...target, dialect } : target));
}
