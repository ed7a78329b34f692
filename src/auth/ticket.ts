/** Tickets bring a guest back as the same user: the user, an expiry and a signature (HMAC-SHA-256) over both. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { User } from '../protocol/generated/frames.ts';

/** How long a ticket is valid, in milliseconds: 30 days. */
export const ticketLifetime = 30 * 24 * 60 * 60 * 1000;

export interface Tickets {
  /** A ticket for `user`; `now` in milliseconds since 1970, here and below. */
  issue(user: User, now: number): string;
  /** The user of a ticket; undefined if the ticket is not of this server, or has expired. */
  verify(ticket: string, now: number): User | undefined;
}

export function createTickets(secret: string | Uint8Array): Tickets {
  const sign = (payload: string) => createHmac('sha256', secret).update(payload).digest('base64url');
  return {
    issue({ id, name }, now) {
      const payload = Buffer.from(JSON.stringify({ id, name, until: now + ticketLifetime })).toString('base64url');
      return `${payload}.${sign(payload)}`;
    },
    verify(ticket, now) {
      const dot = ticket.indexOf('.');
      const payload = ticket.slice(0, Math.max(0, dot));
      const given = Buffer.from(ticket.slice(dot + 1));
      const expected = Buffer.from(sign(payload));
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const { id, name, until } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as User & { until: number };
      return until > now ? { id, name } : undefined;
    },
  };
}
