import assert from 'node:assert/strict';
import { test } from 'node:test';
import { help, markdownTable } from '../../src/config/help.ts';
import { isSwitch, options } from '../../src/config/options.ts';

test('help names every flag and variable, in lines of at most 96 columns', () => {
  const text = help();
  for (const option of options.values()) {
    const { flag, env } = option;
    const spelling = isSwitch(option) ? flag.replace('--', '--[no-]') : flag;
    assert.ok(text.includes(`\n  ${spelling} `), spelling);
    assert.ok(text.includes(`[${env}`), env);
  }
  for (const line of text.split('\n')) {
    assert.ok(line.length <= 96, line);
    assert.equal(line, line.trimEnd());
  }
});

test('help aligns the texts', () => {
  const text = help();
  assert.match(
    text,
    /^Usage: hubbub \[OPTION\]\.\.\.\n {7}hubbub demo .+\n {7}hubbub chat .+\n {7}hubbub log .+\n\n {2}--help {24}Shows this text\.\n {2}--version/,
  );
  assert.ok(
    text.includes(`
  --port NUMBER                 TCP port to listen on; 0 takes any free port. (from 0 to 65535)
                                [HUBBUB_PORT, default 8080]
`),
  );
  assert.ok(
    text.includes(`
  --max-connections-per-address NUMBER
                                How many`),
  );
  assert.ok(text.includes('--config PATH'));
});

test('the table has a row of four cells for every option', () => {
  const lines = markdownTable().trimEnd().split('\n');
  assert.equal(lines.length, options.size + 3);
  for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 6, line);
  assert.equal(lines[0], '| option | environment | default | meaning |');
  assert.ok(
    lines.includes(
      '| `--port` | `HUBBUB_PORT` | `8080` | TCP port to listen on; 0 takes any free port. (from 0 to 65535) |',
    ),
  );
  assert.ok(lines.some((line) => line.startsWith('| `--cert` | `HUBBUB_CERT` |  | ')));
  assert.ok(lines.some((line) => line.startsWith('| `--[no-]broadcast` | `HUBBUB_BROADCAST` | `true` | ')));
});
