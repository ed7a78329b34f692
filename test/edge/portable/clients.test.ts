/** On the portable edge a server is the same to its clients. `npm run test:portable` shows it of everything. */
const isShownAnyway = process.env['TEST_EDGE'] === 'portable';
process.env['TEST_EDGE_PROCESSES'] = '1';
process.env['TEST_EDGE'] = 'portable';

if (!isShownAnyway) {
  await import('../../session/json.test.ts');
  await import('../slow-reader.test.ts');
}

export {};
