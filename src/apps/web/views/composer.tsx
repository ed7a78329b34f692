/** Where messages are written. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { slashed } from '../../../protocol/slash.ts';
import { type Content, contentOf } from '../state/content.ts';
import type { Key } from '../state/state.ts';
import { type Attachment, read, roomFor, shrink } from './attachments.ts';
import { Icon } from './icons.tsx';
import { sizeWords } from './words.ts';

export interface ComposerProps {
  readonly conversation: Key;
  readonly name: string;
  readonly frameLimit: number;
  /** Text that was written and not sent. */
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly onSay: (content: Content) => void;
  /** Settles with the error in words; undefined if there was none. */
  readonly onCommand: (typed: string) => Promise<string | undefined>;
  readonly onType: () => void;
  /** Scrolls the messages by a fraction of the viewport. */
  readonly onPage: (pages: number) => void;
  /** Files that were dropped elsewhere on the page. */
  readonly dropped: readonly File[];
  readonly onDropped: () => void;
}

let attachments = 0;

/** The key code of keys that an input method handles (UI Events, appendix A.3). */
const composing = 229;

export function Composer(props: ComposerProps) {
  const { conversation, name, frameLimit, draft, onDraft, onSay, onCommand, onType, onPage, dropped } = props;
  const { onDropped } = props;
  const [text, setText] = useState(draft);
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  const attach = (content: Attachment['content']): Attachment => {
    const isTooBig = content.bytes.length > roomFor(content, conversation, frameLimit);
    return { id: ++attachments, content, isTooBig };
  };

  const add = async (added: Iterable<File>) => {
    setProblem(undefined);
    const results = await Promise.allSettled(Array.from(added, read));
    const contents = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (contents.length < results.length) setProblem('What is no file cannot be sent.');
    setFiles((before) => [...before, ...contents.map(attach)]);
    field.current?.focus();
  };

  const remove = (id: number) => {
    setFiles((before) => before.filter((one) => one.id !== id));
    setProblem(undefined);
    field.current?.focus();
  };

  const makeSmaller = async ({ id, content }: Attachment) => {
    try {
      const smaller = attach(await shrink(content, roomFor(content, conversation, frameLimit)));
      setFiles((before) => before.map((one) => (one.id === id ? smaller : one)));
    } catch (error) {
      setProblem(`${content.name}: ${error instanceof Error ? error.message : error}`);
    }
    field.current?.focus();
  };

  useEffect(() => {
    if (dropped.length === 0) return;
    onDropped();
    void add(dropped);
  }, [dropped]);

  // The input is as high as its text.
  useLayoutEffect(() => {
    const { current: area } = field;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const write = (value: string) => {
    setText(value);
    onDraft(value);
    if (value.trim() !== '' && !slashed(value)) onType();
  };

  /** The text stays until the command has succeeded. */
  const follow = async () => {
    const wrong = await onCommand(text);
    setProblem(wrong);
    if (wrong === undefined && field.current?.value === text) write('');
  };

  const send = () => {
    if (slashed(text)) return void follow();
    setProblem(undefined);
    const fitting = files.filter(({ isTooBig }) => !isTooBig);
    for (const { content } of fitting) onSay(content);
    setFiles(files.filter(({ isTooBig }) => isTooBig));
    // The first line may be indented.
    const said = contentOf(text.replace(/^(\s*\n)+/, '').trimEnd(), undefined);
    if (text.trim() !== '') onSay(said);
    write('');
    field.current?.focus();
  };

  const press = (event: KeyboardEvent) => {
    // In Safari the Enter that ends a composition comes after its end, and only its key code shows that.
    const isComposing = event.isComposing || event.keyCode === composing;
    if (event.key === 'Enter' && !event.shiftKey && !isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      onPage(event.key === 'PageUp' ? -1 : 1);
    }
  };

  const paste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData?.files;
    if (!pasted || pasted.length === 0) return;
    event.preventDefault();
    void add(pasted);
  };

  const canSend = text.trim() !== '' || files.some(({ isTooBig }) => !isTooBig);
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {files.length > 0 && (
        <ul class="attachments" aria-label="Files to send">
          {files.map((file) => (
            <AttachmentView key={file.id} file={file} limit={frameLimit} onRemove={remove} onShrink={makeSmaller} />
          ))}
        </ul>
      )}
      {problem !== undefined && (
        <p class="why" role="alert">
          {problem}
        </p>
      )}
      <div class="composer-line">
        <button type="button" class="plain" aria-label="Attach files" onClick={() => picker.current?.click()}>
          <Icon name="attach" />
        </button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label="Files"
          onChange={({ currentTarget }) => {
            void add(currentTarget.files ?? []);
            currentTarget.value = '';
          }}
        />
        <textarea
          ref={field}
          class="composer-text"
          rows={1}
          dir="auto"
          value={text}
          placeholder={`Message ${name}`}
          aria-label={`Message ${name}`}
          enterkeyhint="send"
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={press}
          onPaste={paste}
        />
        <button type="submit" class="primary round" aria-label="Send" disabled={!canSend}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

interface AttachmentProps {
  readonly file: Attachment;
  readonly limit: number;
  readonly onRemove: (id: number) => void;
  readonly onShrink: (file: Attachment) => void;
}

function AttachmentView({ file, limit, onRemove, onShrink }: AttachmentProps) {
  const { id, content, isTooBig } = file;
  return (
    <li class={isTooBig ? 'attachment too-big' : 'attachment'}>
      <Icon name={isTooBig ? 'alert' : 'file'} />
      <span class="file-words">
        <bdi class="file-name">{content.name}</bdi>
        <span class="muted">
          {sizeWords(content.bytes.length)}
          {isTooBig && `: too big, the server takes ${sizeWords(limit)}`}
        </span>
      </span>
      {isTooBig && content.kind === 'image' && (
        <button type="button" class="link" onClick={() => onShrink(file)}>
          Make it smaller
        </button>
      )}
      <button type="button" class="plain small" aria-label={`Remove ${content.name}`} onClick={() => onRemove(id)}>
        <Icon name="close" />
      </button>
    </li>
  );
}
