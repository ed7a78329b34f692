/**
 * A process with attackers, or with the bystanders they find. Started by the scenario; takes calls over IPC.
 */
import { setMaxListeners } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Address } from '../load/address.ts';
import { microseconds } from '../load/clock.ts';
import { answerCalls } from '../load/subprocess.ts';
import { Attacker, Score } from './attacker.ts';
import type { Assault, AttackCall, AttackerAnswers, AttackerCall, Ground } from './calls.ts';
import { Crowd } from './crowd.ts';
import type { Kind } from './kind.ts';
import { kinds } from './kinds.ts';

/** How long to wait for required answers, in milliseconds. */
const patience = 10_000;

class Attack {
  readonly #abort = new AbortController();
  readonly #score = new Score();
  readonly #attackers: Attacker[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  readonly #start = microseconds();
  readonly #cpu = process.cpuUsage();

  constructor(kind: Kind, { server, ground, attackers }: AttackCall) {
    this.#delay.enable();
    // Every connection waits for the end.
    setMaxListeners(0, this.#abort.signal);
    const each = kind.connections?.(attackers) ?? 1;
    for (let number = 0; number < attackers * each; number += 1) {
      const place = { server, from: addressOf(Math.floor(number / each)) };
      const attacker = new Attacker(number, place, ground, this.#abort.signal, this.#score);
      this.#attackers.push(attacker);
      void attacker.persist(kind.attack);
    }
  }

  async stop(): Promise<Assault> {
    this.#delay.disable();
    this.#abort.abort();
    const { user, system } = process.cpuUsage(this.#cpu);
    const duration = microseconds() - this.#start;
    const score = this.#score;
    const end = performance.now() + patience;
    while (score.answered < score.asked && performance.now() < end) await wait(10);
    const missing = score.asked - score.answered;
    for (const attacker of this.#attackers) attacker.cut();
    await wait(0);
    return {
      ...{ opened: score.opened, written: score.written, read: score.read, frames: score.frames },
      ends: Object.fromEntries(score.ends),
      ...{ loopP99: this.#delay.percentile(99) / 1000, cpu: user + system, duration },
      ...(score.asked > 0 && { unanswered: { asked: score.asked, missing } }),
    };
  }
}

class Worker {
  #crowd: Crowd | undefined;
  #attack: Attack | undefined;

  async answer(call: AttackerCall): Promise<AttackerAnswers[AttackerCall['type']]> {
    switch (call.type) {
      case 'prepare':
        return this.#prepare(kindOf(call.kind), call.server);
      case 'attack':
        this.#attack = new Attack(kindOf(call.kind), call);
        return null;
      case 'stop':
        if (!this.#attack) throw new Error('there is no attack');
        return this.#attack.stop();
      case 'count':
        return this.#crowd?.count() ?? { open: 0, lost: 0, reason: undefined };
    }
  }

  async #prepare(kind: Kind, server: Address): Promise<Ground> {
    this.#crowd = new Crowd(server);
    return (await kind.prepare?.(this.#crowd)) ?? {};
  }
}

function kindOf(name: string): Kind {
  const kind = kinds.find((one) => one.name === name);
  if (!kind) throw new Error(`there is no kind of abuse called ${name}`);
  return kind;
}

/** Each attacker has an address. */
function addressOf(attacker: number): string {
  return `127.1.${attacker >> 8}.${(attacker & 255) + 1}`;
}

const worker = new Worker();
answerCalls((call: AttackerCall) => worker.answer(call));
