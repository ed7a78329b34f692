/** Tickets bring a guest back as the same user: the user, an expiry and a signature (HMAC-SHA-256) over both. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { User } from '../protocol/generated/frames.ts';

/** How long a ticket is good for, in milliseconds: 30 days. */
export const ticketLifetime = 30 * 24 * 60 * 60 * 1000;

export interface Tickets {
  /** A ticket for `user`; `now` in milliseconds since 1970. */
  issue(user: User, now: number): string;
  /** The user of a ticket, unless it is not one of this server's or its time is over. */
  verify(ticket: string, now: number): User | undefined;
}

export function createTickets(secret: string | Uint8Array): Tickets {
  const sign = (payload: string) => createHmac('sha256', secret).update(payload).digest();
  return {
    issue({ id, name }, now) {
      const payload = Buffer.from(JSON.stringify({ id, name, until: now + ticketLifetime })).toString('base64url');
      return `${payload}.${sign(payload).toString('base64url')}`;
    },
    verify(ticket, now) {
      const [payload = '', signature = ''] = ticket.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const { id, name, until } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as User & { until: number };
      return until > now ? { id, name } : undefined;
    },
  };
}
