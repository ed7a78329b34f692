/** Native dialogs over the page, which keep the focus inside and give it back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Member, PresenceState, User } from '../../../protocol/generated/frames.ts';
import { type Session, wordsFor } from '../connection/session.ts';
import type { Help } from './help.ts';
import { Icon, Mark } from './icons.tsx';

export interface DialogProps {
  readonly label: string;
  readonly kind: 'card' | 'left drawer' | 'right drawer';
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ label, kind, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current: element } = dialog;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: with keys it is closed by Escape.
    <dialog
      ref={dialog}
      class={kind}
      aria-label={label}
      onClose={onClose}
      onClick={({ target, currentTarget }) => {
        // A click outside of its content.
        if (target === currentTarget) currentTarget.close();
      }}
    >
      <div class="dialog-inside">
        {kind === 'card' && <h2>{label}</h2>}
        <button
          type="button"
          class="plain small dialog-close"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
        {children}
      </div>
    </dialog>
  );
}

const states: readonly { readonly state: PresenceState; readonly words: string }[] = [
  { state: 'online', words: 'Online' },
  { state: 'away', words: 'Away' },
  { state: 'busy', words: 'Busy' },
];

export interface MeDialogProps {
  readonly me: User;
  /** The user as others see them. */
  readonly member: Member | undefined;
  readonly session: Session;
  readonly onClose: () => void;
}

export function MeDialog({ me, member, session, onClose }: MeDialogProps) {
  const [name, setName] = useState(me.name);
  const [state, setState] = useState<PresenceState>(member?.state ?? 'online');
  const [note, setNote] = useState(member?.note ?? '');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      if (name.trim() !== me.name) await session.rename(name.trim());
      if (state !== (member?.state ?? 'online') || note.trim() !== (member?.note ?? '')) {
        await session.status(state, note.trim());
      }
      onClose();
    } catch (error) {
      setProblem(wordsFor(error));
      setBusy(false);
    }
  };
  return (
    <Dialog label="Name and status" kind="card" onClose={onClose}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <label>
          Name
          <input
            type="text"
            value={name}
            maxLength={64}
            required
            autocomplete="nickname"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <fieldset class="choice">
          <legend>Status</legend>
          {states.map((one) => (
            <label key={one.state}>
              <input
                type="radio"
                name="state"
                value={one.state}
                checked={state === one.state}
                onChange={() => setState(one.state)}
              />
              <span class={`dot ${one.state}`} />
              {one.words}
            </label>
          ))}
        </fieldset>
        <label>
          Note
          <input
            type="text"
            value={note}
            maxLength={140}
            placeholder="Back at three"
            autocomplete="off"
            onInput={({ currentTarget }) => setNote(currentTarget.value)}
          />
        </label>
        <p>Your id is {me.id}</p>
        {problem !== undefined && (
          <p class="why" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const [help, setHelp] = useState<Help>([]);
  useEffect(() => {
    import('./help.ts').then(
      ({ help }) => setHelp(help),
      () => setHelp([['', 'This could not be loaded.']]),
    );
  }, []);
  return (
    <Dialog label="Keyboard" kind="card" onClose={onClose}>
      <dl class="shortcuts">
        {help.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** Asks for a name at the first visit. */
export function Welcome({ onStart }: { readonly onStart: (name: string) => void }) {
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <main class="welcome">
      <form
        class="welcome-card"
        onSubmit={(event) => {
          event.preventDefault();
          onStart(name.trim());
        }}
      >
        <Mark />
        <h1>Welcome to hubbub</h1>
        <p class="muted">No account is needed. What should people call you?</p>
        <input
          ref={field}
          type="text"
          value={name}
          maxLength={64}
          placeholder="Your name"
          aria-label="Your name"
          autocomplete="nickname"
          enterkeyhint="go"
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <button type="submit" class="primary">
          {name.trim() === '' ? 'Start as a guest' : 'Start chatting'}
        </button>
      </form>
    </main>
  );
}
