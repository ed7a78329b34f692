import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../../src/tools/arguments.ts';

const accepted = { flags: ['--room', '--data'], file: true };

test('flags and a file may come in any order', () => {
  const { flags, file } = readArguments(['--room', 'a', 'there', '--room=b=c', '--data', '-'], accepted);
  assert.deepEqual(Object.fromEntries(flags), { '--room': ['a', 'b=c'], '--data': ['-'] });
  assert.equal(file, 'there');
  assert.equal(readArguments(['--', '--room'], accepted).file, '--room');
  assert.deepEqual(readArguments([], accepted), { flags: new Map(), file: undefined });
});

test('what cannot be used is named', () => {
  const wrong: readonly [readonly string[], string][] = [
    [['--rooms', 'a'], 'unknown option --rooms; did you mean --room?'],
    [['--epochs=new'], 'unknown option --epochs'],
    [['--room'], '--room needs a value'],
    [['--room', '--data', 'there'], '--room needs a value'],
    [['-x'], 'unknown option -x'],
    [['a', 'b'], 'unexpected argument "b"'],
  ];
  for (const [args, message] of wrong) {
    assert.throws(() => readArguments(args, accepted), { name: 'ConfigError', message });
  }
  assert.throws(() => readArguments(['a'], { ...accepted, file: false }), { message: 'unexpected argument "a"' });
});
