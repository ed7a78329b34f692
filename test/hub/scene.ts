import { type Client, HubKit, type KitOptions, kept } from './kit.ts';

/** Ada is in room x, which keeps everything, and has sent `messages` messages there: 1, 2 and so on. */
export function scene(messages: number, options: KitOptions = {}): { kit: HubKit; ada: Client } {
  const kit = new HubKit({ policy: () => kept, ...options });
  const ada = kit.connect('ada', { rooms: ['x'] });
  say(ada, 1, messages);
  kit.commit();
  kit.settle();
  return { kit, ada };
}

export function say(client: Client, from: number, to: number, room = 'x'): void {
  for (let n = from; n <= to; n += 1) client.say(room, n);
}
