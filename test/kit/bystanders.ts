import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { JsonClient } from './client.ts';
import { type TestServer, until } from './server.ts';

/** Two people who talk in the lobby, and must not be affected by other clients. */
export class Bystanders {
  readonly #server: TestServer;
  readonly #ada: JsonClient;
  readonly #bob: JsonClient;
  #said = 0;
  /** The number of the latest message that bob has got. */
  #seq: number;

  private constructor(server: TestServer, ada: JsonClient, bob: JsonClient, seq: number) {
    this.#server = server;
    this.#ada = ada;
    this.#bob = bob;
    this.#seq = seq;
  }

  /**
   * Lets them talk before and after `act` and, as often as `act` calls it, during it. Afterwards the counts of the
   * server must be the same as before.
   */
  static async watch(server: TestServer, act: (bystanders: Bystanders) => Promise<void>): Promise<void> {
    await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await ada.next('joined');
    const { seq } = await bob.next('joined');
    await until(() => server.broker.counts().restless === 0, 'the room is at rest');
    const before = server.broker.counts();
    const bystanders = new Bystanders(server, ada, bob, seq);
    await bystanders.talk();
    await act(bystanders);
    await bystanders.talk();
    await until(() => isDeepStrictEqual(server.broker.counts(), before), 'what came is gone again');
    await bystanders.talk();
    assert.equal(ada.socket.readyState, ada.socket.OPEN);
    assert.equal(bob.socket.readyState, bob.socket.OPEN);
  }

  /** Ada sends a message, and bob gets it, after all earlier messages of the room. */
  async talk(): Promise<void> {
    this.#said += 1;
    const id = `talk-${this.#said}`;
    this.#ada.send({ type: 'message', id, body: id });
    await this.#ada.next('ack', (ack) => ack.id === id);
    for (;;) {
      const message = await this.#bob.next('message');
      this.#seq += 1;
      assert.equal(message.seq, this.#seq);
      if (message.id === id) return;
    }
  }

  /** Asserts that only these two are in the room. */
  async areAlone(): Promise<void> {
    await until(() => this.#server.broker.counts().connections === 2, 'ada and bob are alone');
    this.#ada.send({ type: 'list', room: 'lobby' });
    const { members } = await this.#ada.next('members');
    assert.deepEqual(members.map(({ name }) => name).sort(), ['ada', 'bob']);
  }
}
