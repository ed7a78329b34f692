/** The target table of the design (performance.md), as far as it can be measured now. */
import { judgeAbuse } from './abuse/verdicts.ts';
import type { CaseResult, Results } from './results.ts';
import { count, ratio as formatRatio, kibibytes, milliseconds } from './scenarios/format.ts';
import { median } from './statistics.ts';
import { floor, floorWithRooms, hubbub, withoutLog } from './targets/targets.ts';
import type { Verdict } from './verdict.ts';

interface Goal {
  readonly what: string;
  readonly goal: string;
  /** The measured value, and whether it is good enough; undefined if the runs for it are missing. */
  readonly judge: (results: Results) => { measured: string; met: boolean; implausible?: boolean } | undefined;
}

/** Hubbub does everything that the floor does, and more: a ratio that is better by this much is implausible. */
const betterThanTheFloor = 0.05;

const efficiency = 'deliveriesPerCpuSecond';
const messages = 'messagesPerCpuSecond';
const kilobyte = 1024;

const goals: readonly Goal[] = [
  ofFloor('fan-out, 1,000 members, bursts of 32, log off', withoutLog, 0.95, { members: 1000, ids: false }),
  ofFloor('the same, every message acknowledged, log on', hubbub, 0.9, { members: 1000, ids: true }),
  ofFloor('fan-out, 10 members, bursts of 32, no ids, log off', withoutLog, 0.5, { members: 10, ids: false }),
  ofFloor('the same, every message acknowledged, log on', hubbub, 0.3, { members: 10, ids: true }),
  ofPeer('against ws, 1,000 members', 'ws', 30),
  ofPeer('against Socket.IO, 1,000 members', 'socket.io', 30),
  ofPeer('against Socket.IO on uWebSockets.js, 1,000 members', 'socket.io-uws', 2),
  { what: 'growth: CPU per delivery, from 10 members up', goal: 'never more than at 10', judge: judgeGrowth },
  {
    what: 'latency at half load, 1,000 members, bursts of 32, p99',
    goal: '≤ 1.5 times bare',
    judge(results) {
      const found = compare(find(results, 'latency', { members: 1000, burst: 32, share: 0.5 }), hubbub, floor, 'p99');
      if (!found) return undefined;
      return { measured: found.words, met: found.ratio <= 1.5, implausible: found.ratio < 1 - betterThanTheFloor };
    },
  },
  {
    what: 'idle connection in one room, server memory',
    goal: '≤ 3 KiB',
    judge(results) {
      const bytes = find(results, 'idle', { members: 10_000 })?.middle(hubbub, 'bytesPerConnection');
      return bytes === undefined ? undefined : { measured: kibibytes(bytes), met: bytes <= 3 * kilobyte };
    },
  },
  {
    what: 'join storm: 15,000 users into one room, no heartbeat missed',
    goal: '≤ 20 frames per user',
    // A run in which a heartbeat was missed lost a client, and has no figures.
    judge(results) {
      const frames = find(results, 'join-storm', { members: 15_000 })?.middle(hubbub, 'framesPerUser');
      return frames === undefined ? undefined : { measured: frames.toFixed(1), met: frames <= 20 };
    },
  },
  {
    what: 'acknowledged appends, 1,000 rooms, the sender alone',
    goal: '≥ 40,000 per CPU second',
    judge(results) {
      const [closed, open] = [true, false].map((closed) => find(results, 'log', { members: 1, closed }));
      const [most, paced] = [closed, open].map((result) => result?.middle(hubbub, messages));
      if (most === undefined) return undefined;
      const atAnEvenPace = paced === undefined ? '' : `; ${count(paced)} at an even pace`;
      return { measured: `${count(most)}${atAnEvenPace}`, met: most >= 40_000 };
    },
  },
  {
    what: '1,000 rooms × 10 members, acknowledged, log on, even pace',
    goal: '≥ 0.3 of bare',
    judge(results) {
      const found = compare(find(results, 'log', { members: 10, closed: false }), hubbub, floorWithRooms, messages);
      return found && { measured: found.words, met: found.ratio >= 0.3 };
    },
  },
  {
    what: 'delay of the event loop meanwhile, p99',
    goal: '< 10 ms',
    judge(results) {
      const delay = find(results, 'log', { members: 10, closed: false })?.middle(hubbub, 'loopP99');
      return delay === undefined ? undefined : { measured: milliseconds(delay), met: delay < 10_000 };
    },
  },
];

/** Compares the results with every goal. */
export function judge(results: Results): Verdict[] {
  return [...goals.map((goal) => judgeGoal(goal, results)), ...judgeAbuse(results)];
}

function judgeGoal({ what, goal, judge }: Goal, results: Results): Verdict {
  const found = judge(results);
  if (!found) return { what, goal, measured: '–', verdict: 'not measured' };
  const { measured, met, implausible } = found;
  if (implausible) return { what, goal, measured, verdict: 'implausible' };
  return { what, goal, measured, verdict: met ? 'met' : 'missed' };
}

function ofFloor(what: string, target: string, least: number, traits: Record<string, number | boolean>): Goal {
  return {
    what,
    goal: `≥ ${least} of bare`,
    judge(results) {
      const found = compare(find(results, 'fan-out', { ...traits, burst: 32 }), target, floor, efficiency);
      if (!found) return undefined;
      return { measured: found.words, met: found.ratio >= least, implausible: found.ratio > 1 + betterThanTheFloor };
    },
  };
}

function ofPeer(what: string, peer: string, least: number): Goal {
  return {
    what,
    goal: `≥ ${least} times`,
    judge(results) {
      const found = compare(find(results, 'peers', { members: 1000, burst: 32 }), hubbub, peer, efficiency);
      return found && { measured: found.words, met: found.ratio >= least };
    },
  };
}

interface Comparison {
  readonly ratio: number;
  readonly words: string;
}

/** A target's ratio to a control: the median of the rounds, in words with the smallest and the largest. */
function compare(
  result: CaseResult | undefined,
  target: string,
  control: string,
  figure: string,
): Comparison | undefined {
  const ratios = result?.ratios(target, control, figure) ?? [];
  if (ratios.length === 0) return undefined;
  const [middle, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)];
  return { ratio: middle, words: `${formatRatio(middle)} (${formatRatio(least)} to ${formatRatio(most)})` };
}

function judgeGrowth(results: Results): { measured: string; met: boolean } | undefined {
  const sizes = results
    .filter((result) => result.is('fan-out', { burst: 32, ids: false }))
    .map((result) => ({ members: Number(result.case.traits['members']), each: result.middle(hubbub, efficiency) }))
    .flatMap(({ members, each }) => (each === undefined ? [] : [{ members, microseconds: 1e6 / each }]))
    .toSorted((a, b) => a.members - b.members);
  const [smallest, ...larger] = sizes;
  if (smallest?.members !== 10 || larger.length === 0) return undefined;
  return {
    measured: sizes.map(({ members, microseconds }) => `${members}: ${microseconds.toFixed(2)} µs`).join(', '),
    met: larger.every(({ microseconds }) => microseconds <= smallest.microseconds),
  };
}

function find(results: Results, scenario: string, traits: Record<string, number | boolean>): CaseResult | undefined {
  return results.find((result) => result.is(scenario, traits));
}
