/** The messages from a room to its listeners: each once, in order, and held while there is no listener. */
import type { Gap, Message } from './api.ts';
import { call } from './emitter.ts';

/** How many messages are held without a listener. */
const patience = 1000;

type Item = { readonly message: Message } | { readonly gap: Gap };

interface Consumer {
  /** The items that it has not taken yet. */
  queue: Item[];
  wake(): void;
}

export class Stream {
  readonly #onGap: (gap: Gap) => void;
  readonly #consumers = new Set<Consumer>();
  /** The items that came without a listener. */
  #held: Item[] = [];
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap;
  }

  message(message: Message): void {
    this.#pass({ message });
  }

  /** Reported at once or, without a listener, later in its place among the messages. */
  gap(gap: Gap): void {
    if (this.#consumers.size > 0) this.#onGap(gap);
    else this.#pass({ gap });
  }

  /** Nothing follows. */
  end(error: Error | undefined): void {
    this.#ended = { error };
    for (const consumer of this.#consumers) consumer.wake();
  }

  listen(listener: (message: Message) => void): () => void {
    const consumer = this.#add(() => {
      while (this.#consumers.has(consumer)) {
        const next = this.#next(consumer);
        if (!next) return;
        call(listener, next);
      }
    });
    // Held items come after the caller has got the function that ends it.
    queueMicrotask(consumer.wake);
    return () => this.#remove(consumer);
  }

  async *iterate(): AsyncGenerator<Message, undefined> {
    let wake: (() => void) | undefined;
    const consumer = this.#add(() => wake?.());
    try {
      for (;;) {
        const next = this.#next(consumer);
        if (next) yield next;
        else if (this.#ended?.error) throw this.#ended.error;
        else if (this.#ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#remove(consumer);
    }
  }

  #pass(item: Item): void {
    for (const consumer of this.#consumers) {
      consumer.queue.push(item);
      consumer.wake();
    }
    if (this.#consumers.size > 0) return;
    this.#held.push(item);
    // The oldest are replaced by a gap.
    const room = 'gap' in item ? item.gap.room : item.message.room;
    if (this.#held.length > patience) this.#held.splice(0, 2, { gap: { room, why: 'unread' } });
  }

  #next({ queue }: Consumer): Message | undefined {
    for (let item = queue.shift(); item; item = queue.shift()) {
      if ('message' in item) return item.message;
      this.#onGap(item.gap);
    }
    return undefined;
  }

  #add(wake: () => void): Consumer {
    const consumer = { queue: this.#held, wake };
    this.#held = [];
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Items that the last consumer has not taken wait for the next one. */
  #remove(consumer: Consumer): void {
    if (this.#consumers.delete(consumer) && this.#consumers.size === 0) this.#held = consumer.queue;
  }
}
