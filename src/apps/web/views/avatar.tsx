import type { PresenceState } from '../../../protocol/generated/frames.ts';

const stateWords: Readonly<Record<PresenceState, string>> = { online: 'online', away: 'away', busy: 'busy' };

/** The first character of a name, on a colour that comes from the id. */
export function Avatar({ id, name, state }: { id: string; name: string; state?: PresenceState | undefined }) {
  const [initial = '?'] = name;
  return (
    <span class={`avatar hue-${hueOf(id)}`} aria-hidden="true">
      {initial.toUpperCase()}
      {state && <span class={`dot ${state}`} />}
    </span>
  );
}

/** A tag after a name that distinguishes its user from others with similar names. */
export function Tag({ tag }: { readonly tag: string | undefined }) {
  return tag === undefined ? null : <span class="muted">·{tag}</span>;
}

export function stateOf(state: PresenceState): string {
  return stateWords[state];
}

/** One of ten hues. */
export function hueOf(id: string): number {
  let hash = 7;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % 10;
}
