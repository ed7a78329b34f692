import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientAddresses, isLoopback, limitKey, normalAddress } from '../../src/edge/address.ts';

describe('the address of a client', () => {
  test('is that of its connection if no proxy is trusted', () => {
    assert.equal(clientAddresses(0)('192.0.2.1', ['198.51.100.1']), '192.0.2.1');
    assert.equal(clientAddresses([])('192.0.2.1', ['198.51.100.1']), '192.0.2.1');
  });

  test('is as many steps from the end of the list as there are proxies', () => {
    const line = ['203.0.113.1, 203.0.113.2, 203.0.113.3'];
    assert.deepEqual(
      [1, 2, 3].map((hops) => clientAddresses(hops)('10.0.0.1', line)),
      ['203.0.113.3', '203.0.113.2', '203.0.113.1'],
    );
  });

  test('a list that is too short is read as far as it goes', () => {
    assert.equal(clientAddresses(3)('10.0.0.1', ['203.0.113.1']), '203.0.113.1');
    assert.equal(clientAddresses(1)('10.0.0.1', []), '10.0.0.1');
    assert.equal(clientAddresses(1)('10.0.0.1', ['']), '10.0.0.1');
  });

  test('all lines are one list', () => {
    const lines = ['127.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.8'];
    assert.equal(clientAddresses(1)('10.0.0.1', lines), '203.0.113.8');
    assert.equal(clientAddresses(2)('10.0.0.1', lines), '203.0.113.7');
  });

  test('is the first from the right that is in no trusted network', () => {
    const find = clientAddresses(['10.0.0.0/8', '198.51.100.0/24', '2001:db8:cd::/48', '::1/128']);
    assert.equal(find('10.1.2.3', ['1.1.1.1, 203.0.113.9, 198.51.100.7']), '203.0.113.9');
    assert.equal(find('::1', ['1.1.1.1', '203.0.113.9', '[2001:db8:cd:1::5]:443', '10.9.9.9']), '203.0.113.9');
    assert.equal(find('::ffff:10.1.2.3', ['203.0.113.9']), '203.0.113.9');
    assert.equal(find('10.1.2.3', ['10.0.0.5, 10.0.0.6']), '10.0.0.5');
  });

  test('a peer that is not trusted is itself, whatever it says', () => {
    const find = clientAddresses(['10.0.0.0/8']);
    assert.equal(find('192.0.2.1', ['127.0.0.1']), '192.0.2.1');
    assert.equal(find('0000:0000:0000:0000:0000:ffff:c000:0201', ['127.0.0.1']), '192.0.2.1');
    assert.equal(find('2001:db8::1', ['10.0.0.1']), '2001:db8::1');
  });

  for (const rubbish of [
    'unknown',
    '_hidden',
    '',
    '127.1',
    '010.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '[::1',
    '1.2.3.4:x',
  ]) {
    test(`"${rubbish}" is no address, and ends the list`, () => {
      assert.equal(clientAddresses(1)('10.0.0.1', [`203.0.113.1, ${rubbish}`]), '10.0.0.1');
      assert.equal(clientAddresses(2)('10.0.0.1', [`${rubbish}, 203.0.113.1`]), '203.0.113.1');
    });
  }

  const spellings: Record<string, readonly string[]> = {
    '203.0.113.9': [
      '203.0.113.9:4711',
      '\t203.0.113.9 ',
      '::ffff:203.0.113.9',
      '::FFFF:cb00:7109',
      '[::ffff:203.0.113.9]:80',
    ],
    '2001:db8::7': [
      '2001:DB8:0:0:0:0:0:7',
      '2001:0db8::0007',
      '[2001:db8::7]',
      '[2001:db8::7]:4711',
      '2001:db8::7%eth0',
    ],
    'fe80::1': ['fe80::1%eth0', '[fe80::1%25eth0]:80'],
  };
  for (const [normal, others] of Object.entries(spellings)) {
    test(`${normal} has one spelling`, () => {
      for (const other of others) assert.equal(clientAddresses(1)('10.0.0.1', [other]), normal, other);
    });
  }
});

test('limits are counted by IPv4 address, and by /64 of IPv6', () => {
  assert.equal(limitKey('203.0.113.9'), '203.0.113.9');
  assert.equal(limitKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(limitKey('2001:db8:1:2::'), limitKey('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  assert.notEqual(limitKey('2001:db8:1:2::'), limitKey('2001:db8:1:3::'));
  assert.equal(limitKey(''), '');
});

test('loopback is 127.0.0.0/8 and ::1', () => {
  const all = ['127.0.0.1', '127.9.9.9', '::1', '128.0.0.1', '::2', '10.0.0.1', '', 'localhost'];
  assert.deepEqual(all.filter(isLoopback), ['127.0.0.1', '127.9.9.9', '::1']);
  assert.equal(normalAddress('0000:0000:0000:0000:0000:ffff:7f00:0001'), '127.0.0.1');
});
