import { type Failed, guarded } from '../observe/guard.ts';

/** Calls a function that answers a request. If it throws, the connection of the request is cut. */
export function answering(response: { close(): unknown }, failed: Failed, answer: () => void): void {
  try {
    answer();
  } catch (error) {
    failed('a request cannot be answered', error);
    // If the request was already answered or upgraded, this throws, and nothing else needs to be done.
    guarded('a request cannot be cut off', failed, () => response.close())();
  }
}
