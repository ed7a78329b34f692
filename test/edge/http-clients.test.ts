import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HttpClients } from '../../src/edge/http-clients.ts';

const rate = { perSecond: 1, burst: 2 };

describe('what is known of addresses', () => {
  test('each has a rate of its own', () => {
    const clients = new HttpClients(rate);
    clients.get('a', 0).requests?.take(2);
    assert.equal(clients.get('a', 0).requests?.wait(1, 0), 1000);
    assert.equal(clients.get('b', 0).requests?.wait(1, 0), 0);
    assert.equal(clients.get('a', 1000).requests?.wait(1, 1000), 0);
  });

  test('without a rate there is no limit', () => {
    assert.equal(new HttpClients(undefined).get('a', 0).requests, undefined);
  });

  test('of more addresses than can be remembered, those are forgotten that came longest ago', () => {
    const clients = new HttpClients(rate, 3);
    const forgotten = clients.get('idle', 0);
    const busy = clients.get('busy', 0);
    for (let address = 0; address < 100_000; address += 1) {
      clients.get(`${address}`, 0);
      assert.equal(clients.get('busy', 0), busy);
    }
    assert.equal(clients.size, 3);
    assert.notEqual(clients.get('idle', 0), forgotten);
  });
});
