/** On the portable edge a server is the same to its clients. `npm run test:portable` shows it of more. */
process.env['TEST_EDGE'] = 'portable';

await import('../../session/json.test.ts');
await import('../slow-reader.test.ts');
