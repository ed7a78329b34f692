/** The WebSocket of the figures; it is opened again as long as the page is there. */
import type { Figures } from '../../../protocol/figures.ts';
import { subprotocolsFor } from './key.ts';

export type FeedState =
  | 'connecting'
  | 'live'
  /** The server refuses: only its own machine, or a client with the key, may see the figures. */
  | 'refused'
  | 'away';

export interface FeedListener {
  readonly state: (state: FeedState) => void;
  readonly figures: (figures: readonly Figures[]) => void;
}

/** How long to wait before the next attempt, in milliseconds: longer each time, up to `last`. */
const pauses = { first: 500, last: 10_000 };

/**
 * @param root of the server.
 * @returns a function that ends it.
 */
export function watchFeed(root: URL, key: string | undefined, { state, figures }: FeedListener): () => void {
  let pause = pauses.first;
  let end: () => void = () => undefined;
  let isOver = false;
  const url = new URL('status', root);
  url.protocol = url.protocol.replace('http', 'ws');
  const open = () => {
    let wasOpen = false;
    const socket = new WebSocket(url, subprotocolsFor(key));
    end = () => socket.close();
    socket.onopen = () => {
      wasOpen = true;
      pause = pauses.first;
      state('live');
    };
    socket.onmessage = ({ data }) => figures(JSON.parse(String(data)) as Figures[]);
    socket.onclose = async () => {
      const next = !wasOpen && (await isThere(root)) ? 'refused' : 'away';
      if (isOver) return;
      state(next);
      const timer = setTimeout(open, pause);
      end = () => clearTimeout(timer);
      pause = Math.min(pause * 2, pauses.last);
    };
  };
  state('connecting');
  open();
  return () => {
    isOver = true;
    end();
  };
}

/** A browser does not tell a page why a WebSocket was refused; but a request shows whether the server answers. */
async function isThere(root: URL): Promise<boolean> {
  try {
    const { ok } = await fetch(new URL('healthz', root), { cache: 'no-store' });
    return ok;
  } catch {
    return false;
  }
}
