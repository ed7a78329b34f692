/** The rows of a conversation. */

import type { User } from '../../../protocol/generated/frames.ts';
import { listOf, wordsFor } from '../state/people.ts';
import type { Row } from '../state/rows.ts';
import type { Conversation, GapEntry, MessageEntry, Outgoing, ResumedEntry } from '../state/state.ts';
import { isRoom } from '../state/state.ts';
import { Avatar, hueOf, Tag } from './avatar.tsx';
import { ContentView } from './content.tsx';
import { Icon } from './icons.tsx';
import { memo } from './memo.tsx';
import { count, dayWords, durationOf, fullTimeOf, shortTimeOf, timeOf } from './words.ts';

export interface RowProps {
  readonly row: Row;
  /** Distinguishes its author from others with similar names. */
  readonly tag: string | undefined;
  readonly me: User | undefined;
  readonly isOnline: boolean;
  readonly onRetry: (outgoing: Outgoing) => void;
  readonly onDiscard: (outgoing: Outgoing) => void;
}

export const RowView = memo(({ row, tag, me, isOnline, onRetry, onDiscard }: RowProps) => {
  switch (row.kind) {
    case 'start':
      return null;
    case 'day':
      return (
        <div class="rule">
          <span>{dayWords(row.at, Date.now())}</span>
        </div>
      );
    case 'new':
      return (
        <div class="rule new">
          <span>New</span>
        </div>
      );
    case 'note':
      return <NoteView entry={row.entry} />;
    case 'message':
      return <MessageView entry={row.entry} tag={tag} isHead={row.isHead} isOwn={row.entry.from.id === me?.id} />;
    case 'outgoing':
      return (
        <OutgoingView
          outgoing={row.outgoing}
          isHead={row.isHead}
          me={me}
          isOnline={isOnline}
          onRetry={onRetry}
          onDiscard={onDiscard}
        />
      );
  }
});

interface MessageProps extends Pick<RowProps, 'tag'> {
  readonly entry: MessageEntry;
  readonly isHead: boolean;
  readonly isOwn: boolean;
}

function MessageView({ entry, tag, isHead, isOwn }: MessageProps) {
  const { from, at, content, isBroadcast } = entry;
  return (
    <article class={`message${isHead ? ' head' : ''}${isOwn ? ' own' : ''}${isBroadcast ? ' broadcast' : ''}`}>
      {isHead ? <Avatar id={from.id} name={from.name} /> : <Time at={at} isShort />}
      <div class="message-body">
        {isHead ? (
          <header>
            <bdi class={`name hue-${hueOf(from.id)}`}>{from.name}</bdi>
            <Tag tag={tag} />
            {isBroadcast && <span class="tag">to everyone</span>}
            <Time at={at} />
          </header>
        ) : (
          <span class="hidden">{from.name}: </span>
        )}
        <ContentView content={content} />
      </div>
    </article>
  );
}

function Time({ at, isShort = false }: { readonly at: number; readonly isShort?: boolean }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
      {isShort ? shortTimeOf(at) : timeOf(at)}
    </time>
  );
}

interface OutgoingProps extends Omit<RowProps, 'row' | 'tag'> {
  readonly outgoing: Outgoing;
  readonly isHead: boolean;
}

function OutgoingView({ outgoing, isHead, me, isOnline, onRetry, onDiscard }: OutgoingProps) {
  const { content, refused } = outgoing;
  const isRefused = refused !== undefined;
  return (
    <article class={`message own${isHead ? ' head' : ''} ${isRefused ? 'refused' : 'pending'}`}>
      {isHead && me ? <Avatar id={me.id} name={me.name} /> : <span />}
      <div class="message-body">
        {isHead && me && (
          <header>
            <bdi class={`name hue-${hueOf(me.id)}`}>{me.name}</bdi>
          </header>
        )}
        <div class="unsent">
          <ContentView content={content} />
        </div>
        {isRefused ? (
          <p class="why" role="alert">
            <Icon name="alert" />
            <span>{refused}</span>
            <button type="button" class="link" onClick={() => onRetry(outgoing)}>
              Try again
            </button>
            <button type="button" class="link" onClick={() => onDiscard(outgoing)}>
              Discard
            </button>
          </p>
        ) : (
          <span class="waits">{isOnline ? 'Sending…' : 'Waits for the connection'}</span>
        )}
      </div>
    </article>
  );
}

function NoteView({ entry }: { readonly entry: Extract<Row, { kind: 'note' }>['entry'] }) {
  switch (entry.kind) {
    case 'people':
      return <p class="note">{wordsFor(entry)}</p>;
    case 'gap':
      return (
        <p class="note gap">
          <Icon name="alert" />
          {gapWords(entry)}
        </p>
      );
    case 'resumed':
      return <p class="note resumed">{resumedWords(entry)}</p>;
  }
}

export function resumedWords({ away, caughtUp }: Pick<ResumedEntry, 'away' | 'caughtUp'>): string {
  const caught = caughtUp === 0 ? 'nothing missed' : `${count(caughtUp, 'message')} caught up`;
  return `Back after ${durationOf(away)}, ${caught}`;
}

function gapWords({ from, to, why }: GapEntry): string {
  const number = from === undefined || to === undefined ? undefined : to - from + 1;
  const what = number === undefined ? 'Messages' : number === 1 ? 'A message' : `Up to ${count(number, 'message')}`;
  switch (why) {
    case 'trimmed':
      return `${what} came here meanwhile and are no longer kept`;
    case 'not_kept':
      return `${what} came here meanwhile; this room keeps none`;
    case 'damaged':
      return `${what} cannot be read any more`;
    case 'unread':
      return `${what} came here that were too many at once`;
    case 'epoch':
      return 'The room has started anew; the end of what was here before cannot be had';
  }
}

export function typingWords(names: readonly string[]): string {
  if (names.length === 0) return '';
  if (names.length > 3) return 'Several people are typing';
  return `${listOf(names)} ${names.length === 1 ? 'is' : 'are'} typing`;
}

/** The beginning of the list, before the first message. */
export function StartView({ conversation, onOlder }: { readonly conversation: Conversation; onOlder: () => void }) {
  const { key, name, older, entries } = conversation;
  const hasMessages = entries.some(({ kind }) => kind === 'message');
  if (older === 'loading') return <p class="start muted">Reading earlier messages…</p>;
  if (older === 'failed') {
    return (
      <p class="start muted">
        Earlier messages could not be read.{' '}
        <button type="button" class="link" onClick={onOlder}>
          Try again
        </button>
      </p>
    );
  }
  if (older === 'some') return <p class="start muted">Earlier messages follow</p>;
  if (!isRoom(key)) {
    return (
      <p class="start muted">
        Only you and <bdi>{name}</bdi> see this. The server does not keep direct messages.
      </p>
    );
  }
  return (
    <p class="start muted">
      {hasMessages ? 'This is where ' : 'Nothing has been said here yet. Say something: this is where '}
      <bdi class="strong">{name}</bdi> begins.
    </p>
  );
}
