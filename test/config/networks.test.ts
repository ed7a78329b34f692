import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from '../../src/config/networks.ts';

const networks: Record<string, string> = {
  '10.0.0.1': '10.0.0.1/32',
  '10.0.0.0/8': '10.0.0.0/8',
  '10.1.2.3/8': '10.1.2.3/8',
  '0.0.0.0/0': '0.0.0.0/0',
  '::1': '::1/128',
  'FD00:0::/8': 'fd00::/8',
  '::ffff:10.0.0.1': '10.0.0.1/32',
  '::ffff:10.0.0.0/104': '10.0.0.0/8',
};

test('a network is an address, or one with the length of a prefix', () => {
  for (const [text, network] of Object.entries(networks)) assert.equal(parseNetwork(text), network, text);
});

test('all else is none', () => {
  const wrong = [
    '',
    'localhost',
    '10.0.0',
    '127.1',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/255.0.0.0',
    '/8',
  ];
  for (const text of [...wrong, '::/129', '::ffff:10.0.0.0/95', 'fe80::1%eth0', '10.0.0.0/-1', ' 10.0.0.1']) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});
