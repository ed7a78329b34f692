/** The state that a client of Hubbub keeps to resume as the same user (PROTOCOL.md, "Resuming"). */
export class Standing {
  /** The number of the latest message it has. */
  sequence = 0;
  /** How many messages it had missed when it last came back. */
  missed = 0;
  readonly #room: string;
  #ticket = '';
  #epoch = '';

  constructor(room: string) {
    this.#room = room;
  }

  /** Takes a frame that arrived when the client entered for the first time. */
  note(text: string): void {
    this.#ticket = /"ticket":"([^"]+)"/.exec(text)?.[1] ?? this.#ticket;
    if (!isJoined(text)) return;
    this.#epoch = /"epoch":"([^"]+)"/.exec(text)?.[1] ?? '';
    this.sequence = sequenceIn(text);
  }

  /** The target of the upgrade request of a returning client. */
  get path(): string {
    return `/?room=&token=${this.#ticket}`;
  }

  /**
   * Handles a frame that arrives before the client has resumed.
   *
   * @throws {Error} if it will not get all missed messages.
   */
  opening(text: string): { readonly reply: string } | 'member' | undefined {
    if (text.startsWith('{"type":"welcome"')) {
      const since = { epoch: this.#epoch, seq: this.sequence };
      return { reply: JSON.stringify({ type: 'join', room: this.#room, since }) };
    }
    if (!isJoined(text)) return undefined;
    if (!text.includes('"recovered":true')) throw new Error(`not recovered: ${text.slice(0, 200)}`);
    this.missed = sequenceIn(text) - this.sequence;
    return 'member';
  }
}

function isJoined(text: string): boolean {
  return text.startsWith('{"type":"joined"');
}

function sequenceIn(text: string): number {
  return Number(/"seq":(\d+)/.exec(text)?.[1]);
}
