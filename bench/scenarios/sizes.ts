/**
 * Messages of different lengths, at rates that make the same number of bytes, as far as a server can take that many.
 */
import { shortestBody } from '../load/body.ts';
import type { Settings } from '../settings.ts';
import { floor, hubbub, named, type Target, withOptions } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { affordable, evenly, type Load, load, offered } from './load.ts';
import { columns, measureRound } from './measure.ts';

const sizes = [shortestBody, 512, 4096, 32_768, 65_536];

/** Bytes per second in all deliveries, if they are not too many. */
const bytesPerSecond = 100e6;

/** The approximate number of bytes that Hubbub adds to a message. */
const envelope = 150;

/** The bytes in one write of a sender, with at least one message, and no more messages than in other scenarios. */
const mostBytes = 64 * 1024;
const mostMessages = 32;

/** Bytes that are sent before a run, so that the server's code is compiled. */
const warmUpBytes = 8e6;

export const sizesScenario: Scenario = {
  name: 'sizes',
  description: 'one room × 100 members, messages of 32 B, 512 B, 4 KiB, 32 KiB and 64 KiB',
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [100], settings);
    return { cases: members.flatMap((size) => sizes.map((bytes) => sizeCase(settings, size, bytes))), skipped };
  },
};

function sizeCase(settings: Settings, members: number, messageSize: number): Case {
  const { receivers, seconds } = settings;
  const offers = loadOf(settings, members, messageSize);
  const { burst, interval } = offers;
  const warmUp = Math.min(settings.warmUp, Math.ceil(warmUpBytes / messageSize));
  return {
    scenario: 'sizes',
    title: `sizes: ${count(messageSize)} bytes, ${count(members)} members, bursts of ${burst} every ${interval} ms`,
    traits: { members, burst, interval, messageSize },
    targets: (settings.targets ?? named(hubbub, floor)).map(withLargeFrames),
    control: floor,
    columns: [
      columns.efficiency,
      columns.perDelivery,
      columns.perMegabyte,
      columns.p50,
      columns.p99,
      columns.server,
      columns.client,
      columns.bytes,
    ],
    measure: (chosen) =>
      measureRound(chosen, {
        ...{ members, ids: false, messageSize, receivers, warmUp, seconds },
        ...evenly(offers),
      }),
  };
}

function loadOf(settings: Settings, members: number, messageSize: number): Load {
  const burst = Math.max(1, Math.min(mostMessages, Math.floor(mostBytes / messageSize)));
  const deliveries = Math.min(offered(members, mostMessages), bytesPerSecond / (messageSize + envelope));
  return load(settings, members, burst, deliveries);
}

/** With its envelope, a message of 64 KiB is longer than the default limit for frames. */
function withLargeFrames(target: Target): Target {
  return withOptions(target, '--max-frame', '128KiB');
}
