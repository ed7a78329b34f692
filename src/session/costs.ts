import type { ClientFrame } from '../protocol/generated/frames.ts';

/**
 * The costs of requests besides reading and writing bytes, in units of about a microsecond. Costs that grow with the
 * number of rooms, users and so on are added by the code that does the work.
 */
export const requestCosts: Readonly<Record<ClientFrame['type'], number>> = {
  auth: 40,
  broadcast: 15,
  direct: 15,
  echo: 2,
  hello: 40,
  history: 30,
  join: 40,
  leave: 15,
  list: 20,
  message: 4,
  name: 15,
  ping: 2,
  rooms: 20,
  signal: 4,
  status: 15,
};

/** The same for a frame that is refused, or a line that the dialect answers. */
export const otherCost = 10;

/** How many bytes are read and checked, or written and sent to one connection, in about a microsecond. */
const bytesPerUnit = 200;

/** In units. */
export function transferCost(bytes: number): number {
  return bytes / bytesPerUnit;
}
