import type { DialectName } from '../load/dialects.ts';
import type { Target } from '../targets/targets.ts';

/** The same targets; with those that are Hubbub its clients speak in another way. */
export function speaking(dialect: DialectName, targets: readonly Target[]): Target[] {
  return targets.map((target) => (target.dialect === 'hubbub' ? { ...target, dialect } : target));
}
