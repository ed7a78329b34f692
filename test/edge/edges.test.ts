/** With several edge processes a server is the same to its clients. `npm run test:edges` shows it of everything. */
import { test } from 'node:test';

const isShownAnyway = Number(process.env['TEST_EDGE_PROCESSES'] ?? 1) > 1;
process.env['TEST_EDGE_PROCESSES'] = '3';
process.env['TEST_EDGE'] = 'uws';

const { onlyNative } = await import('../kit/server.ts');
if (onlyNative.skip) {
  test('several edge processes', onlyNative);
} else if (!isShownAnyway) {
  await import('../session/json.test.ts');
  await import('./slow-reader.test.ts');
}
