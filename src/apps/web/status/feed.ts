/** The WebSocket that the figures come from; it is opened again as long as the page is there. */
import type { Figures } from '../../../protocol/figures.ts';

export type FeedState =
  | 'connecting'
  | 'live'
  /** The server is there, and does not tell: only its own machine may know. */
  | 'refused'
  | 'away';

export interface FeedListener {
  readonly state: (state: FeedState) => void;
  readonly figures: (figures: readonly Figures[]) => void;
}

/** How long to wait before the next attempt, in milliseconds: longer each time, up to the second. */
const pauses = { first: 500, last: 10_000 };

export function watchFeed(url: URL, { state, figures }: FeedListener): void {
  let pause = pauses.first;
  const open = () => {
    let wasOpen = false;
    const socket = new WebSocket(url);
    socket.onopen = () => {
      wasOpen = true;
      pause = pauses.first;
      state('live');
    };
    socket.onmessage = ({ data }) => figures(JSON.parse(String(data)) as Figures[]);
    socket.onclose = async () => {
      state(!wasOpen && (await isThere()) ? 'refused' : 'away');
      setTimeout(open, pause);
      pause = Math.min(pause * 2, pauses.last);
    };
  };
  state('connecting');
  open();
}

/** A browser does not tell a page why a WebSocket was not opened; but whether the server answers can be asked. */
async function isThere(): Promise<boolean> {
  try {
    const { ok } = await fetch('/healthz', { cache: 'no-store' });
    return ok;
  } catch {
    return false;
  }
}
