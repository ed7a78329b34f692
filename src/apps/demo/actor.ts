/** A person of the demo, on a connection of their own. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hub } from '../../client/api.ts';
import { connect } from '../../client/connect.ts';
import { actionMark } from '../../protocol/commands.ts';
import type { User } from '../../protocol/generated/frames.ts';
import { mimeOf } from '../chat/mime.ts';
import { cat } from './picture.ts';
import { beginning, greeting, isHello, type Person, type RoomName, type Step } from './screenplay.ts';

export interface ActorOptions {
  readonly url: string;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** Whether this user is one of the demo's own. */
  readonly isActor: (userId: string) => boolean;
}

/** Nobody is greeted twice within this time, in milliseconds. */
const greetingInterval = 10_000;

export class Actor {
  readonly hub: Hub;
  readonly #name: Person;
  readonly #options: ActorOptions;
  readonly #greeted = new Map<string, number>();

  constructor(name: Person, options: ActorOptions) {
    this.#name = name;
    this.#options = options;
    this.hub = connect(options.url, { name });
    this.hub.on('direct', ({ from }) => this.greet(from));
  }

  /** Settles when everybody can see the actor. */
  async begin(): Promise<void> {
    await Promise.all(beginning[this.#name].map((room) => this.#enter(room)));
  }

  async act(step: Step): Promise<void> {
    const { hub } = this;
    if ('says' in step) await this.#say(step.in, step.says, 30);
    else if ('does' in step) await this.#say(step.in, actionMark + step.does, 20);
    else if ('shows' in step) await this.#room(step.in)?.send(cat, { mime: mimeOf('cat.png') });
    else if ('enters' in step) await this.#enter(step.enters);
    else if ('leaves' in step) await this.#room(step.leaves)?.leave();
    else await hub.status(step.is, step.note);
  }

  /** Writes to somebody who said hello. */
  greet(user: User): void {
    const { isActor, random, signal } = this.#options;
    const time = performance.now();
    const last = this.#greeted.get(user.id) ?? Number.NEGATIVE_INFINITY;
    if (isActor(user.id) || time - last < greetingInterval) return;
    this.#greeted.set(user.id, time);
    const answer = async () => {
      await pause(700 + 800 * random(), undefined, { signal });
      await this.hub.direct(user.id, greeting(this.#name, user.name));
    };
    // The user may have left, and the demo may be over.
    answer().catch(() => undefined);
  }

  async #say(name: RoomName, body: string, perCharacter: number): Promise<void> {
    const { random, signal } = this.#options;
    const room = this.#room(name);
    if (!room) return;
    room.signal('typing');
    const characters = [...body].length;
    await pause(Math.min(400 + characters * perCharacter * (0.7 + 0.6 * random()), 2800), undefined, { signal });
    await room.send(body);
  }

  async #enter(name: RoomName): Promise<void> {
    const room = await this.hub.join(name, { last: 20 });
    room.on('message', ({ from, body }) => {
      if (this.#name === answerer(from.id) && isHello(body)) this.greet(from);
    });
  }

  #room(name: RoomName) {
    return this.hub.joined.get(name);
  }
}

/** Chooses the person that answers a public hello: one of those who are always there. */
function answerer(userId: string): Person {
  const sum = Array.from(userId).reduce((sum, character) => sum + character.charCodeAt(0), 0);
  return (['ada', 'bela', 'dmitri'] as const)[sum % 3] ?? 'ada';
}
