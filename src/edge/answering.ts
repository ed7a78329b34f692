import { type Failed, guarded } from '../observe/guard.ts';

/** Calls what answers a request. If it throws, the connection of the request is cut. */
export function answering(response: { close(): unknown }, failed: Failed, answer: () => void): void {
  try {
    answer();
  } catch (error) {
    failed('a request cannot be answered', error);
    // If it was answered or upgraded already, that is refused, and there is nothing to be done.
    guarded('a request cannot be cut off', failed, () => response.close())();
  }
}
