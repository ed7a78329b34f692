/** The same room and load in each form of the protocol: JSON, lines of text, binary frames. */
import type { DialectName } from '../load/dialects.ts';
import type { Settings } from '../settings.ts';
import { hubbub, named, type Target, withoutLog } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { affordable, evenly, load, offered } from './load.ts';
import { columns, measureRound } from './measure.ts';
import { speaking } from './speaking.ts';

interface Form {
  readonly name: string;
  readonly dialect: DialectName;
  /** The bytes of Hubbub's frame besides the body: the control publishes as many. */
  readonly envelope: number;
}

/** With rooms named in 17 characters, guests' names, and numbers of five digits. */
const forms: readonly Form[] = [
  { name: 'JSON', dialect: 'hubbub', envelope: 159 },
  { name: 'text', dialect: 'hubbub-text', envelope: 33 },
  { name: 'binary', dialect: 'hubbub-binary', envelope: 152 },
];

/** The bytes of a client's message besides the body; the floor sends it back unchanged. */
const ownEnvelope = Buffer.byteLength('{"type":"message","body":""}');

const burst = 32;
const control = 'bare-bytes';

export const dialectsScenario: Scenario = {
  name: 'dialects',
  description: 'one room × 1,000 members in JSON, text and binary frames, each against the floor with as many bytes',
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [1000], settings);
    return { cases: members.flatMap((size) => forms.map((form) => dialectCase(settings, size, form))), skipped };
  },
};

function dialectCase(settings: Settings, members: number, { name, dialect, envelope }: Form): Case {
  const { messageSize, receivers, warmUp, seconds } = settings;
  const offers = load(settings, members, burst, offered(members, burst));
  const chosen = settings.targets ?? named(hubbub, withoutLog, control);
  return {
    scenario: 'dialects',
    title: `dialects: ${name}, ${count(members)} members, bursts of ${burst} every ${offers.interval} ms`,
    traits: { members, burst, [name]: true, interval: offers.interval, messageSize },
    targets: speaking(dialect, chosen).map((target) => padded(target, envelope - ownEnvelope)),
    control,
    columns: [columns.efficiency, columns.p50, columns.p99, columns.server, columns.client, columns.bytes],
    measure: (own) =>
      measureRound(own, {
        ...{ members, ids: false, messageSize, receivers, warmUp, seconds },
        ...evenly(offers),
      }),
  };
}

/** The control with this many more bytes in each message; other targets unchanged. */
function padded(target: Target, bytes: number): Target {
  if (target.name !== control) return target;
  return { ...target, command: [...target.command.slice(0, -1), String(bytes)] };
}
