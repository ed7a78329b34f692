/** The content of a message. The document gets all of it as text, whatever it looks like. */
import { useEffect, useState } from 'preact/hooks';
import type { Content, FileContent } from '../state/content.ts';
import { beginningOf, segmentsOf } from '../state/text.ts';
import { Icon } from './icons.tsx';
import { count, sizeWords } from './words.ts';

export function ContentView({ content }: { readonly content: Content }) {
  switch (content.kind) {
    case 'text':
      return <LongText text={content.text} isJson={false} />;
    case 'json':
      return <LongText text={content.text} isJson />;
    case 'image':
      return <ImageView file={content} />;
    case 'file':
      return <FileView file={content} />;
  }
}

function LongText({ text, isJson }: { readonly text: string; readonly isJson: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const beginning = beginningOf(text);
  const shown = beginning !== undefined && !isOpen ? `${beginning}…` : text;
  return (
    <>
      {isJson ? (
        <code class="text json">{shown}</code>
      ) : (
        <p class="text" dir="auto">
          {segmentsOf(shown).map(({ text: part, href }) =>
            href === undefined ? (
              part
            ) : (
              <a href={href} target="_blank" rel="noopener noreferrer">
                {part}
              </a>
            ),
          )}
        </p>
      )}
      {beginning !== undefined && (
        <button type="button" class="link" onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show less' : `Show all of it (${count(text.length, 'character')})`}
        </button>
      )}
    </>
  );
}

function ImageView({ file }: { readonly file: FileContent }) {
  const [isBroken, setBroken] = useState(false);
  const url = useObjectUrl(file.bytes, file.type);
  if (isBroken) return <FileView file={file} />;
  return (
    <figure class="picture">
      {url === undefined ? (
        <span class="picture-place" />
      ) : (
        <img src={url} alt={file.name} decoding="async" onError={() => setBroken(true)} />
      )}
      <figcaption>
        <bdi>{file.name}</bdi> · {sizeWords(file.bytes.length)} · <SaveLink file={file} />
      </figcaption>
    </figure>
  );
}

function FileView({ file }: { readonly file: FileContent }) {
  return (
    <div class="file">
      <Icon name="file" />
      <span class="file-words">
        <bdi class="file-name">{file.name}</bdi>
        <span class="muted">
          {file.type} · {sizeWords(file.bytes.length)}
        </span>
      </span>
      <SaveLink file={file} />
    </div>
  );
}

/** The file is only ever saved, never opened: as a page it would have this origin. */
function SaveLink({ file: { bytes, name } }: { readonly file: FileContent }) {
  const url = useObjectUrl(bytes, 'application/octet-stream');
  if (url === undefined) return null;
  return (
    <a class="save" href={url} download={name} aria-label={`Save ${name}`}>
      Save
    </a>
  );
}

/** An object URL for as long as the component is mounted. */
function useObjectUrl(bytes: Uint8Array, type: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return url;
}
