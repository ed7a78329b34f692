/** The screenplay of the demo, which repeats. */
import type { PresenceState } from '../../protocol/generated/frames.ts';

export const cast = ['ada', 'bela', 'chiyo', 'dmitri', 'esi'] as const;
export type Person = (typeof cast)[number];

/** Is in all rooms, all the time. */
export const host: Person = 'ada';

export const rooms = ['lobby', 'kitchen'] as const;
export type RoomName = (typeof rooms)[number];

export type Step = { readonly who: Person } & (
  | { readonly says: string; readonly in: RoomName }
  | { readonly does: string; readonly in: RoomName }
  | { readonly shows: 'cat'; readonly in: RoomName }
  | { readonly enters: RoomName }
  | { readonly leaves: RoomName }
  | { readonly is: PresenceState; readonly note?: string }
);

const say = (who: Person, room: RoomName, says: string): Step => ({ who, says, in: room });
const act = (who: Person, room: RoomName, does: string): Step => ({ who, does, in: room });

export const screenplay: readonly Step[] = [
  say('ada', 'lobby', 'Good morning! Who is here already?'),
  say('bela', 'lobby', 'Me, with a coffee ☕'),
  say('chiyo', 'lobby', 'おはよう! I was just reading the protocol.'),
  say('dmitri', 'lobby', 'All of it?'),
  say('chiyo', 'lobby', 'It is short: a message gets a number in its room, and everyone sees the same order.'),
  { who: 'esi', enters: 'lobby' },
  say('esi', 'lobby', 'Sorry, my train was late. What did I miss?'),
  say('ada', 'lobby', 'Nothing: who joins gets the latest messages first.'),
  act('esi', 'lobby', 'reads backwards'),
  say('bela', 'kitchen', 'Who left the soup on the stove?'),
  act('dmitri', 'kitchen', 'looks at the ceiling'),
  say('bela', 'kitchen', 'It is borscht. There is exactly one suspect.'),
  say('dmitri', 'kitchen', 'It needs three more hours. Please do not touch it.'),
  { who: 'chiyo', is: 'busy', note: 'counting frames' },
  say('esi', 'lobby', 'Does anybody know what happens to a message when the server is killed?'),
  say(
    'ada',
    'lobby',
    'If it was acknowledged, it is still there afterwards. Try it: kill it, start it again, and look.',
  ),
  say('esi', 'lobby', 'I like a claim that one can try.'),
  { who: 'bela', shows: 'cat', in: 'lobby' },
  say('bela', 'lobby', 'And this is Byte. 239 bytes of cat, sent as they are.'),
  say('esi', 'lobby', 'She looks as if she knew something 🐈'),
  act('chiyo', 'lobby', 'pets the cat'),
  { who: 'chiyo', is: 'online' },
  { who: 'esi', enters: 'kitchen' },
  say('esi', 'kitchen', 'It smells wonderful in here.'),
  say('dmitri', 'kitchen', 'Thank you! You may have the first bowl.'),
  say('bela', 'kitchen', 'I see how it is.'),
  { who: 'esi', leaves: 'kitchen' },
  say('ada', 'lobby', 'You can write to us, too: say hello, or try /msg ada hi'),
  { who: 'dmitri', is: 'away', note: 'with the soup' },
  say('chiyo', 'lobby', 'Five people, two rooms, and not one of us is real.'),
  say('bela', 'lobby', 'Speak for yourself.'),
  { who: 'esi', leaves: 'lobby' },
  { who: 'dmitri', is: 'online' },
  say('dmitri', 'lobby', 'Soup is ready. Bring a spoon 🥄'),
];

export interface Scene {
  /** Where everyone is when it begins. */
  readonly in: Readonly<Record<Person, readonly RoomName[]>>;
}

/** Where everyone is at the beginning, and again at the end. */
export const beginning: Scene['in'] = {
  ada: ['lobby', 'kitchen'],
  bela: ['lobby', 'kitchen'],
  chiyo: ['lobby'],
  dmitri: ['lobby', 'kitchen'],
  esi: [],
};

const greetings: Readonly<Record<Person, (name: string) => string>> = {
  ada: (name) => `Hello ${name}, and welcome! Only you can read this.`,
  bela: (name) => `Hi ${name}! Have you seen the kitchen? /join kitchen`,
  chiyo: (name) => `こんにちは ${name}! Nice that you are here.`,
  dmitri: (name) => `Welcome, ${name}. There will be soup.`,
  esi: (name) => `Hello ${name}! I am new here as well.`,
};

export function greeting(who: Person, name: string): string {
  return greetings[who](name);
}

export function isHello(body: unknown): boolean {
  return (
    typeof body === 'string' &&
    /\b(?:hello|hi|hey|hallo|salut|hola|ciao|moin|servus)\b|こんにちは|你好|привет/iu.test(body)
  );
}
