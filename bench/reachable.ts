/** Checks that a running server accepts a client, before anything is measured. */
import { Connection } from './load/connection.ts';
import { dialects } from './load/dialects.ts';
import { UsageError } from './options.ts';
import { newRoom } from './scenarios/room.ts';
import { Server } from './targets/server.ts';
import type { Target } from './targets/targets.ts';

/** In milliseconds. */
const patience = 5000;

/** @throws {UsageError} with the server's answer, if it does not. */
export async function checkReachable(target: Target): Promise<void> {
  await using server = await Server.start(target);
  const { address } = server;
  try {
    const connection = await Connection.open(
      { address, dialect: dialects[target.dialect], room: newRoom(), patience },
      0,
    );
    connection.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${target.running?.url.href} does not let a client in that speaks ${target.dialect}: ${reason}`,
    );
  }
}
