/** The conversation in a room, or with a user. */
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import type { User } from '../../../protocol/generated/frames.ts';
import type { Session } from '../connection/session.ts';
import { type Steering, VirtualList } from '../list/virtual-list.tsx';
import { alikeIn } from '../state/alike.ts';
import { type Row, rowsOf } from '../state/rows.ts';
import { type Conversation, isRoom, type Outgoing } from '../state/state.ts';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { RowView, StartView, typingWords } from './rows.tsx';
import { count, createDayOf } from './words.ts';

export interface ConversationProps {
  readonly conversation: Conversation;
  readonly me: User | undefined;
  readonly isOnline: boolean;
  readonly atEnd: boolean;
  readonly frameLimit: number;
  readonly session: Session;
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly onEnd: (atEnd: boolean) => void;
  readonly onCommand: (typed: string) => Promise<string | undefined>;
}

export function ConversationView(props: ConversationProps) {
  const { conversation, me, isOnline, atEnd, frameLimit, session, draft, onDraft, onEnd, onCommand } = props;
  const { key, name, entries, outbox, mark, unread, phase, typing, older } = conversation;
  const steering = useRef<Steering>(undefined);
  const [dropped, setDropped] = useState<readonly File[]>([]);
  const [isOver, setOver] = useState(false);
  const rows = useMemo(() => rowsOf(conversation, me?.id, createDayOf()), [entries, outbox, mark, me?.id]);
  const retry = useCallback((outgoing: Outgoing) => session.retry(key, outgoing), [session, key]);
  const discard = useCallback((outgoing: Outgoing) => session.discard(key, outgoing), [session, key]);
  const alike = alikeIn(conversation);
  const toEnd = () => steering.current?.toEnd();

  const render = (row: Row) =>
    row.kind === 'start' ? (
      <StartView conversation={conversation} onOlder={() => session.older(key)} />
    ) : (
      <RowView
        row={row}
        tag={row.kind === 'message' ? alike.tag(row.entry.from) : undefined}
        me={me}
        isOnline={isOnline}
        onRetry={retry}
        onDiscard={discard}
      />
    );

  const drop = (event: DragEvent) => {
    const files = Array.from(event.dataTransfer?.files ?? []);
    setOver(false);
    if (files.length === 0) return;
    event.preventDefault();
    setDropped(files);
  };

  if (phase === 'refused') {
    return (
      <div class="empty">
        <Icon name="alert" />
        <p>
          You cannot enter <bdi>{name}</bdi>: {conversation.why}
        </p>
        <div class="buttons">
          <button type="button" class="primary" onClick={() => session.open(key)}>
            Try again
          </button>
          <button type="button" onClick={() => session.leave(key)}>
            Forget it
          </button>
        </div>
      </div>
    );
  }
  return (
    <section
      class={isOver ? 'talk over' : 'talk'}
      aria-label={`Conversation ${name}`}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={drop}
    >
      <div class="list">
        <VirtualList
          rows={rows}
          label={`Messages in ${name}`}
          isAnchor={isAnchor}
          render={render}
          startAt={mark === undefined ? undefined : 'new'}
          onStart={() => older === 'some' && session.older(key)}
          onEnd={onEnd}
          steer={(given) => {
            steering.current = given;
          }}
        />
        {!atEnd && (
          <button type="button" class="jump" onClick={toEnd}>
            {unread > 0 ? count(unread, 'new message') : 'To the latest'}
            <Icon name="down" />
          </button>
        )}
      </div>
      <p class="typing">{typingWords(typing.map(({ user }) => user.name))}</p>
      <Composer
        key={key}
        conversation={key}
        name={isRoom(key) ? `#${name}` : name}
        frameLimit={frameLimit}
        draft={draft}
        onDraft={onDraft}
        onSay={(content) => {
          session.say(key, content);
          toEnd();
        }}
        onCommand={onCommand}
        onType={() => session.type(key)}
        onPage={(pages) => steering.current?.page(pages)}
        dropped={dropped}
        onDropped={() => setDropped([])}
      />
      {isOver && <p class="drop">Drop files to send them</p>}
    </section>
  );
}

/** Rows that can stay in place when earlier messages are added: lines between days may move. */
function isAnchor({ kind }: Row): boolean {
  return kind === 'message' || kind === 'note' || kind === 'outgoing';
}
