/** With several edge processes a server is the same to its clients. `npm run test:threads` shows it of more. */
import { test } from 'node:test';

process.env['TEST_THREADS'] = '3';
process.env['TEST_EDGE'] = 'uws';

const { onlyNative } = await import('../kit/server.ts');
if (onlyNative.skip) {
  test('several edge processes', onlyNative);
} else {
  await import('../session/hello.test.ts');
  await import('../session/json.test.ts');
  await import('../session/text.test.ts');
  await import('../session/binary.test.ts');
  await import('./admission.test.ts');
  await import('./slow-reader.test.ts');
  await import('./status-feed.test.ts');
  await import('./tls.test.ts');
  await import('../http/routes.test.ts');
}
