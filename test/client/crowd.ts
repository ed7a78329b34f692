/** People who talk through the client, with checks of everything they must have heard. */
import assert from 'node:assert/strict';
import type { ConnectOptions, Gap, Hub, Message, Room } from '../../src/client/api.ts';
import { connect } from '../../src/client/connect.ts';
import type { Random } from '../kit/random.ts';
import { until } from '../kit/server.ts';

const names = ['ada', 'bob', 'carol', 'dan', 'eve'];
const roomNames = ['cats', 'dogs'];

/** How many messages one person has under way at once. */
const eagerness = 40;

interface Person {
  readonly name: string;
  readonly hub: Hub;
  readonly rooms: ReadonlyMap<string, Room<string>>;
  /** The bodies, by room. */
  readonly heard: ReadonlyMap<string, string[]>;
  readonly gaps: Gap[];
}

export class Crowd implements AsyncDisposable {
  acknowledged = 0;
  readonly #people: Person[];

  private constructor(people: Person[]) {
    this.#people = people;
  }

  /** Settles when all are in the same rooms, before the first message. */
  static async gather(url: string, options: ConnectOptions): Promise<Crowd> {
    const people = names.map(async (name): Promise<Person> => {
      const hub = connect(url, { backoff: { base: 5, max: 40, reset: 0 }, ...options, name });
      const rooms = new Map<string, Room<string>>();
      const heard = new Map<string, string[]>();
      const gaps: Gap[] = [];
      for (const roomName of roomNames) {
        const room = await hub.join<string>(roomName);
        const bodies: string[] = [];
        rooms.set(roomName, room);
        heard.set(roomName, bodies);
        room.on('message', ({ body }: Message<string>) => bodies.push(body));
        room.on('gap', (gap) => gaps.push(gap));
      }
      return { name, hub, rooms, heard, gaps };
    });
    return new Crowd(await Promise.all(people));
  }

  /** Everyone sends `count` messages. Settles when all of them are acknowledged. */
  async talk(count: number, random: Random): Promise<void> {
    await Promise.all(this.#people.map((person) => this.#speak(person, count, random)));
  }

  async #speak({ name, rooms }: Person, count: number, random: Random): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (let number = 1; number <= count; number += 1) {
      const body = `${name} ${number} ${'x'.repeat(random.below(100))}`;
      const saying = rooms
        .get(random.pick(roomNames))
        ?.send(body)
        .then(() => {
          this.acknowledged += 1;
          underWay.delete(saying);
        }) as Promise<void>;
      underWay.add(saying);
      if (underWay.size >= eagerness) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  /** Everybody has heard every message once, those of a person in order, and nobody got a gap. */
  async check(count: number, isOneOrder: boolean): Promise<void> {
    const total = count * names.length;
    const sum = ({ heard }: Person) => [...heard.values()].reduce((all, bodies) => all + bodies.length, 0);
    await until(() => this.#people.every((person) => sum(person) >= total), `all ${total} are heard`, 20_000).catch(
      () =>
        assert.deepEqual(
          this.#people.map(sum),
          names.map(() => total),
        ),
    );
    for (const person of this.#people) {
      assert.deepEqual(person.gaps, [], `${person.name} was told of gaps`);
      assert.equal(sum(person), total, `${person.name} has heard as many as there are`);
      for (const [room, bodies] of person.heard) {
        assert.equal(new Set(bodies).size, bodies.length, `${person.name} has heard none twice in ${room}`);
        for (const speaker of names) {
          const numbers = bodies
            .filter((body) => body.startsWith(`${speaker} `))
            .map((body) => Number(body.split(' ')[1]));
          assert.deepEqual(
            numbers,
            numbers.toSorted((a, b) => a - b),
            `${person.name} has heard ${speaker} in order`,
          );
        }
        if (isOneOrder) assert.deepEqual(bodies, this.#people[0]?.heard.get(room), `${person.name} in ${room}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#people.map(({ hub }) => hub.close({ timeout: 0 })));
  }
}
