import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type LoggerOptions } from '../../src/observe/logger.ts';

function capture(options: Partial<LoggerOptions> = {}) {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  return { written, logger: createLogger({ level: 'info', format: 'json', isTTY: false, stream, ...options }) };
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function record(text: string | undefined): Record<string, unknown> {
  const { time: at, ...rest } = JSON.parse(text ?? '');
  assert.match(at, time);
  return rest;
}

test('json: one line per record, in a fixed order, with nothing of the machine', () => {
  const { written, logger } = capture();
  logger.info('listening', { port: 8080 });
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^\{"time":"[^"]+","level":"info","message":"listening","port":8080\}\n$/);
});

test('json: every level, without fields', () => {
  const { written, logger } = capture({ level: 'trace' });
  for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
    logger[level]('hello');
    assert.deepEqual(record(written.at(-1)), { level, message: 'hello' });
  }
  assert.equal(written.length, 5);
});

test('records below the level are not written', () => {
  for (const format of ['json', 'pretty'] as const) {
    const { written, logger } = capture({ level: 'warn', format });
    logger.trace('no');
    logger.debug('no');
    logger.info('no');
    logger.warn('yes');
    logger.error('yes');
    assert.equal(written.length, 2);
  }
});

test('below the level, fields are not looked at', () => {
  const { logger } = capture({ level: 'error' });
  const fields = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('looked at');
      },
    },
  );
  logger.warn('no', fields);
});

test('json: errors are written with name, message and stack, nested ones too', () => {
  const { written, logger } = capture();
  const error = new TypeError('boom');
  logger.error('failed', { error, inner: { error } });
  const expected = { name: 'TypeError', message: 'boom', stack: error.stack };
  assert.deepEqual(record(written[0]), {
    level: 'error',
    message: 'failed',
    error: expected,
    inner: { error: expected },
  });
});

test('json: fields cannot take the place of time, level and message', () => {
  const { written, logger } = capture();
  logger.info('true', { time: 1, level: 'error', message: 'false' });
  assert.deepEqual(record(written[0]), { level: 'info', message: 'true' });
});

test('json: what JSON cannot hold does not throw', () => {
  const { written, logger } = capture();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  logger.info('circle', { circle });
  logger.info('bigint', { big: 1n });
  assert.match(String(record(written[0])['fields']), /Circular/);
  assert.equal(record(written[1])['big'], '1');
});

test('json: line breaks stay inside the record', () => {
  const { written, logger } = capture();
  logger.info('two\nlines', { name: 'a\nb' });
  assert.equal(written[0]?.indexOf('\n'), (written[0]?.length ?? 0) - 1);
});

test('pretty: one readable line', () => {
  const { written, logger } = capture({ format: 'pretty' });
  logger.info('joined', { room: 'lobby', name: 'ada lovelace', count: 2, list: [1, 'b'], none: undefined });
  assert.match(
    written[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}joined room=lobby name='ada lovelace' count=2 list=\[ 1, 'b' \] none=undefined\n$/,
  );
});

test('pretty: the stack of an error stands below', () => {
  const { written, logger } = capture({ format: 'pretty' });
  logger.error('failed', { error: new Error('boom') });
  assert.match(written[0] ?? '', /^\S+ ERROR failed error='Error: boom'\nError: boom\n {4}at /);
  assert.equal(written.length, 1);
});

test('pretty: control characters are escaped', () => {
  const { written, logger } = capture({ format: 'pretty' });
  logger.info('a\u001b[2Jb\nc', { name: '\u009b2J' });
  assert.match(written[0] ?? '', / a\\x1b\[2Jb\\x0ac name='\\x9B2J'\n$/);
});

test('auto is pretty with colours in a terminal, JSON lines otherwise', () => {
  const terminal = capture({ format: 'auto', isTTY: true });
  terminal.logger.warn('hello');
  assert.match(terminal.written[0] ?? '', /\u001b\[33m/);
  const pipe = capture({ format: 'auto', isTTY: false });
  pipe.logger.warn('hello');
  assert.deepEqual(record(pipe.written[0]), { level: 'warn', message: 'hello' });
});
