import type { Environment } from './environment.ts';

export interface HeartbeatOptions {
  /** The silence after which to check, in milliseconds. */
  readonly interval: number;
  /** How long to wait for data then, in milliseconds. */
  readonly timeout: number;
  readonly ask: () => void;
  /** Called if nothing has arrived. */
  readonly dead: () => void;
}

export interface Heartbeat {
  /** Data has arrived. */
  heard(): void;
  /** Checks now, unless a check is already waiting for an answer. */
  check(): void;
  stop(): void;
}

/** Notices a connection that is dead and was not closed. */
export function startHeartbeat(
  { now, after }: Environment,
  { interval, timeout, ask, dead }: HeartbeatOptions,
): Heartbeat {
  let heardAt = now();
  let stopLooking: () => void;
  let stopDoubting: (() => void) | undefined;
  const check = () => {
    if (stopDoubting) return;
    stopDoubting = after(timeout, dead);
    ask();
  };
  const look = () => {
    const left = heardAt + interval - now();
    if (left <= 0) check();
    stopLooking = after(left > 0 ? left : interval, look);
  };
  look();
  return {
    heard() {
      heardAt = now();
      stopDoubting?.();
      stopDoubting = undefined;
    },
    check,
    stop() {
      stopLooking();
      stopDoubting?.();
    },
  };
}
