import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFault } from '../../src/protocol/json-fault.ts';

for (const [text, fault] of [
  ['{"a":1}', ''],
  ['{\n  "port": 1,\n}', 'line 3, column 1: expected double-quoted property name'],
  ['{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: expected ',' or '}' after property value"],
  ['{"a":}', 'line 1, column 6: unexpected }'],
  ["{'a':1}", "line 1, column 2: expected property name or '}'"],
  ['{"a":\n [1, 2,, 3]}', 'line 2, column 8: unexpected ,'],
  ['{"ticketSecret": hunter2}', 'line 1, column 18: unexpected character'],
  ['{"a": "an open text', 'line 1, column 20: unterminated string'],
  ['{"a": 1', "line 1, column 8: expected ',' or '}' after property value"],
  ['', 'line 1, column 1: the text ends too early'],
  ['[1] x', 'line 1, column 5: unexpected non-whitespace character after JSON'],
] as const) {
  test(`${JSON.stringify(text)}: ${fault || 'no fault'}`, () => assert.equal(jsonFault(text), fault));
}

test('a long secret is not quoted', () => {
  const secret = 'correct horse battery staple';
  for (const text of [`{"ticketSecret":${secret}}`, `{"a":"${secret}" "b":1}`, `{"a":"${secret}`, secret]) {
    assert.doesNotMatch(jsonFault(text), /horse|staple/);
  }
});
