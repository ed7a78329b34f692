/** Shows the conversation of the demo to a spectator. */
import type { Hub } from '../../client/api.ts';
import type { User } from '../../protocol/generated/frames.ts';
import { Chat, type Clock } from '../chat/chat.ts';
import type { Entry } from '../chat/entries.ts';
import { plainLines } from '../chat/plain.ts';
import { typingWords } from '../chat/status.ts';
import { view } from '../chat/view.ts';
import type { Output } from '../surroundings.ts';
import type { Depth } from '../terminal/colour.ts';
import { clip, dim, type Line, span } from '../terminal/line.ts';
import { Screen } from '../terminal/screen.ts';

export interface Stage {
  readonly chat: Chat;
  /** Nothing more is shown. */
  close(): void;
}

/** @param depth the colours of the output; undefined if it is not a terminal. */
export function openStage(hub: Hub, output: Output, depth: Depth | undefined, clock: Clock): Stage {
  if (depth === undefined) {
    const show = (entry: Entry) => {
      const lines = isPart(entry) ? plainLines(entry, 'lobby') : [];
      if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
    };
    const chat = new Chat(hub, { display: { show, changed: () => undefined }, clock, last: 0, together: true });
    return { chat, close: () => undefined };
  }
  const screen: Screen = new Screen(output, depth, () => ({ rows: [[], statusRow(chat, screen.columns)] }));
  const show = (entry: Entry) => {
    if (isPart(entry)) screen.print(view(withoutNumber(entry), { columns: screen.columns, rooms: true }));
  };
  const chat: Chat = new Chat(hub, {
    display: { show, changed: () => screen.update() },
    clock,
    last: 0,
    together: true,
  });
  return { chat, close: () => screen.close() };
}

/** Direct messages to the actor whose view this is are not shown. */
function isPart(entry: Entry): boolean {
  return entry.kind !== 'notice' && entry.kind !== 'direct' && entry.kind !== 'heading';
}

/** The audience has no `/save`. */
function withoutNumber(entry: Entry): Entry {
  if (entry.kind !== 'message' || !entry.file) return entry;
  const { number: _, ...file } = entry.file;
  return { ...entry, file };
}

function statusRow({ rooms }: Chat, columns: number): Line {
  const parts = rooms.map(({ name, room }) => `${name} · ${room.count} here`);
  const typing: User[] = rooms.flatMap(({ typing }) => typing.users);
  const words = typing.length > 0 ? [span('  │  ', dim), span(typingWords(typing), { italic: true })] : [];
  return clip(
    [span('● ', { colour: 'green' }), span(parts.join('  │  '), dim), ...words, span('  │  Ctrl-C ends it', dim)],
    columns,
  );
}
