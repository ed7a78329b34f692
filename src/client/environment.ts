/** What the client needs from its platform. Tests replace it. */
import type { WebSocketConstructor } from './socket.ts';
import { onWaking } from './waking.ts';

export interface Environment {
  /** Milliseconds; only grows. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Calls `then` after so many milliseconds. @returns a function that cancels it. */
  after(delay: number, then: () => void): () => void;
  /** A prefix for ids that no other client uses. */
  newPrefix(): string;
  /**
   * Calls `check` whenever the connection may have died, or may be possible again. @returns a function that stops it.
   */
  onWaking(check: () => void): () => void;
  WebSocket(): WebSocketConstructor | Promise<WebSocketConstructor>;
}

/** The name is a variable so that bundlers do not include the package, which only Node 20 needs. */
function load(name: string): Promise<{ readonly WebSocket: WebSocketConstructor }> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

/** Browsers, Node and similar platforms. */
export const environment: Environment = {
  now: () => performance.now(),
  random: Math.random,
  after(delay, then) {
    const timer = setTimeout(then, delay);
    return () => clearTimeout(timer);
  },
  newPrefix: () => Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join(''),
  onWaking: (check) => onWaking(check, Date.now),
  WebSocket() {
    const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
    return WebSocket ?? load('ws').then((ws) => ws.WebSocket);
  },
};
