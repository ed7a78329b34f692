import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress, progressLine } from '../../bench/progress.ts';
import type { Case } from '../../bench/scenarios/case.ts';
import { type Output, StatusLine } from '../../bench/status-line.ts';

function planned(title: string, rounds: number) {
  const of: Case = {
    ...{ scenario: 'fan-out', title, traits: {}, targets: [], control: 'bare' },
    columns: [{ figure: 'f', label: 'f', format: String }],
    measure: () => Promise.reject(new Error('not to be run')),
  };
  return { case: of, rounds };
}

test('the time left is what the rounds of the same case took, or else those of all cases', () => {
  let now = 0;
  const progress = new Progress([planned('small', 2), planned('large', 2), planned('other', 1)], () => now);
  assert.equal(progress.status(), undefined);
  progress.caseStarts();
  progress.roundStarts(1);
  assert.equal(progress.status()?.left, undefined);
  for (const [round, took] of [10_000, 20_000].entries()) {
    progress.roundStarts(round + 1);
    now += took;
    progress.roundEnds();
  }
  progress.caseStarts();
  progress.roundStarts(1);
  now += 5000;
  assert.deepEqual(progress.status(), {
    ...{ case: 2, cases: 3, title: 'large', round: 1, rounds: 2 },
    ...{ done: 35 / 75, left: 40_000 },
  });
  now += 55_000;
  assert.equal(progress.status()?.left, 30_000, 'a round that takes longer than expected is almost over');
  progress.roundEnds();
  progress.roundStarts(2);
  assert.equal(progress.status()?.left, 60_000 + 30_000);
});

test('the line has what matters most first, and is never longer than the terminal', () => {
  const status = {
    ...{ case: 2, cases: 3, title: 'fan-out: 10 members', round: 1, rounds: 2 },
    ...{ done: 0.5, left: 61_001 },
  };
  assert.equal(progressLine(status, 79), '██████████░░░░░░░░░░ 50 %, 1:02 left, round 1/2 of 2/3: fan-out: 10 members');
  assert.equal(progressLine(status, 30), '50 %, 1:02 left, round 1/2 of…');
  for (let columns = 0; columns < 100; columns += 1) assert.ok(progressLine(status, columns).length <= columns);
  assert.equal(progressLine({ ...status, done: 0, left: undefined }, 40), '0 %, round 1/2 of 2/3: fan-out: 10 memb…');
});

/** Records the output. */
function output(isTTY: boolean): Output & { written: string } {
  return {
    written: '',
    isTTY,
    columns: 20,
    write(text: string | Uint8Array) {
      this.written += text;
      return true;
    },
  };
}

test('a line is rewritten below the text, also when the terminal has become narrower', () => {
  const terminal = output(true);
  const line = new StatusLine(terminal);
  line.show((columns) => 'x'.repeat(columns));
  assert.equal(terminal.written, 'x'.repeat(17));
  terminal.written = '';
  line.print('text');
  assert.equal(terminal.written, `\r\x1b[Jtext\n${'x'.repeat(17)}`);
  terminal.written = '';
  terminal.columns = 10;
  line.show(() => 'short');
  assert.equal(terminal.written, '\r\x1b[1A\x1b[Jshort');
  terminal.written = '';
  line.clear();
  line.clear();
  line.print('text');
  assert.equal(terminal.written, '\r\x1b[Jtext\n');
});

test('where the output is no terminal there is only the text', () => {
  const file = output(false);
  const line = new StatusLine(file);
  line.show(() => 'x');
  line.print('text');
  line.clear();
  assert.equal(file.written, 'text\n');
});
