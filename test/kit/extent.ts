/** Tests that search by chance find more the longer they go on: `npm test` gives them a fifth, `TEST_FULL=1` all. */
const isFull = process.env['TEST_FULL'] === '1';

/** @param full how much there is of it in a full run. */
export function extent(full: number): number {
  return isFull ? full : Math.ceil(full / 5);
}
