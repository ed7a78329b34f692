/** Files that are about to be sent. */
import { type FileContent, fileOf } from '../state/content.ts';
import { mimeOf } from '../state/mime.ts';
import { type Key, nameIn } from '../state/state.ts';

export interface Attachment {
  readonly id: number;
  readonly content: FileContent;
  readonly isTooBig: boolean;
}

/** The longest id that the client gives a message. */
const longestId = 64;

const encoder = new TextEncoder();

/** How many bytes a file may have so that its frame is not too long for the server. */
export function roomFor({ type, name }: FileContent, key: Key, frameLimit: number): number {
  const mime = mimeOf(type, name);
  const header = { type: 'message', room: nameIn(key), mime, id: 'x'.repeat(longestId) };
  return frameLimit - 3 - encoder.encode(JSON.stringify(header)).length;
}

export async function read(file: File): Promise<FileContent> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return fileOf(bytes, mimeOf(file.type, file.name));
}

/** Sizes and qualities to try, until the image fits. */
const steps = [
  { side: 1600, quality: 0.8 },
  { side: 1280, quality: 0.7 },
  { side: 960, quality: 0.65 },
  { side: 720, quality: 0.6 },
  { side: 480, quality: 0.55 },
  { side: 320, quality: 0.5 },
];

/** The same image with fewer pixels, as a JPEG. @throws if it is not an image, or does not become small enough. */
export async function shrink(file: FileContent, most: number): Promise<FileContent> {
  const bitmap = await createImageBitmap(new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: file.type }));
  try {
    for (const { side, quality } of steps) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const blob = await drawn(bitmap, scale, quality);
      if (blob.size > most) continue;
      const name = `${file.name.replace(/\.\w+$/, '')}.jpg`;
      return fileOf(new Uint8Array(await blob.arrayBuffer()), mimeOf('image/jpeg', name));
    }
  } finally {
    bitmap.close();
  }
  throw new Error('It does not become small enough.');
}

async function drawn(bitmap: ImageBitmap, scale: number, quality: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser cannot draw.');
  // Transparent pixels become white.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}
