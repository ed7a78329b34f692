import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StatusReport } from '../../src/broker/status-report.ts';
import type { LogStatus } from '../../src/log/port.ts';

const ready: LogStatus = { state: 'ready', detail: 'the log is ready' };
const full: LogStatus = { state: 'full', detail: 'no space' };
const refused = 'messages are refused: no space';
const taken = 'messages are accepted again';

function start(context: TestContext) {
  const { timers } = context.mock;
  timers.enable({ apis: ['setTimeout', 'Date'] });
  const told: string[] = [];
  const tell = (message: string) => told.push(message);
  return { told, timers, report: new StatusReport({ info: tell, error: tell }, Date.now) };
}

test('trouble and its end are told at once, and nothing else', (context) => {
  const { told, report, timers } = start(context);
  report.tell(ready);
  assert.deepEqual(told, []);
  report.tell(full);
  report.tell(full);
  timers.tick(1000);
  report.tell(ready);
  timers.tick(60_000);
  report.tell(full);
  report.tell(ready);
  assert.deepEqual(told, [refused, taken, refused, taken]);
});

test('another trouble is told', (context) => {
  const { told, report } = start(context);
  report.tell(full);
  report.tell({ state: 'full', detail: 'the limit' });
  report.tell({ state: 'failing', detail: 'an error' });
  assert.deepEqual(told, [refused, 'messages are refused: the limit', 'messages are refused: an error']);
});

test('trouble that comes and goes is one, until it has stayed away for some time', (context) => {
  const { told, report, timers } = start(context);
  for (let n = 0; n < 10; n += 1) {
    report.tell(full);
    timers.tick(1000);
    report.tell(ready);
    timers.tick(100);
  }
  assert.deepEqual(told, [refused, taken, refused]);
  timers.tick(10_000);
  assert.deepEqual(told, [refused, taken, refused, taken]);
});
