/** What a client of Hubbub keeps to come back as the same user, to where it was (PROTOCOL.md, "Resuming"). */
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

  /** Takes a frame that came as the client entered for the first time. */
  note(text: string): void {
    this.#ticket = /"ticket":"([^"]+)"/.exec(text)?.[1] ?? this.#ticket;
    if (!isJoined(text)) return;
    this.#epoch = /"epoch":"([^"]+)"/.exec(text)?.[1] ?? '';
    this.sequence = sequenceIn(text);
  }

  /** The target of the upgrade request of who comes back. */
  get path(): string {
    return `/?room=&token=${this.#ticket}`;
  }

  /**
   * What to make of a frame that comes before the client is where it was.
   *
   * @throws {Error} if it will not get all it has missed.
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
