/** What the client takes from where it runs. Tests give it another one. */
import type { WebSocketConstructor } from './socket.ts';
import { onWaking } from './waking.ts';

export interface Environment {
  /** Milliseconds; only grows. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Calls `then` after so many milliseconds. @returns what prevents it. */
  after(delay: number, then: () => void): () => void;
  /** A word that no other client has. */
  newPrefix(): string;
  /** Calls `check` whenever the connection may have died, or be possible again. @returns what ends it. */
  onWaking(check: () => void): () => void;
  WebSocket(): WebSocketConstructor | Promise<WebSocketConstructor>;
}

/** By a name that no bundler sees: each would want to have the package, which is needed in Node 20 alone. */
function load(name: string): Promise<{ readonly WebSocket: WebSocketConstructor }> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

/** Browsers, Node, and what is like them. */
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
