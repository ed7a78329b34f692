/** `hubbub demo`: a server with a few people who chat, to look at and to join. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HubbubError } from '../../client/error.ts';
import { clock } from '../chat/clock.ts';
import { exitCodes, type Surroundings, UsageError } from '../surroundings.ts';
import { listen } from '../terminal/keys.ts';
import { depthOf } from '../terminal/screen.ts';
import { Actor } from './actor.ts';
import { help } from './help.ts';
import { cast, host, type Person, rooms, screenplay } from './screenplay.ts';
import { openStage } from './stage.ts';

/** Starts the server that the demo takes place on. */
export type StartServer = (options: { readonly host: string; readonly port: string }) => Promise<{
  readonly port: number;
  /** Whether it has web pages. */
  readonly hasPages: boolean;
  readonly stop: () => Promise<void>;
}>;

/**
 * @param args the arguments after `demo`.
 * @returns the exit code, when the demo was ended.
 * @throws the errors of `start`.
 */
export async function runDemo(
  args: readonly string[],
  surroundings: Surroundings,
  start: StartServer,
): Promise<number> {
  const { stdout, stderr } = surroundings;
  if (args.includes('--help') || args.includes('-h')) {
    stdout.write(help);
    return exitCodes.well;
  }
  try {
    const server = await start(readOptions(args));
    try {
      await perform(server, surroundings);
    } finally {
      await server.stop();
    }
    return exitCodes.well;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`hubbub: ${error.message}\n`);
    return exitCodes.misused;
  }
}

/** @throws UsageError */
function readOptions(args: readonly string[]): { host: string; port: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { host: { type: 'string' }, port: { type: 'string' } } });
    return { host: values.host ?? '127.0.0.1', port: values.port ?? '0' };
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\.$/);
    throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}; --help lists what there is`);
  }
}

/** Runs until it is ended. */
async function perform(
  { port, hasPages }: Awaited<ReturnType<StartServer>>,
  surroundings: Surroundings,
): Promise<void> {
  const end = new AbortController();
  const { signal } = end;
  const { stdin, stdout, onEnd, env, command } = surroundings;
  onEnd(() => end.abort());
  stdout.write(announcement(port, hasPages, command()));
  const isTerminal = stdout.isTTY && env['TERM'] !== 'dumb';
  const stopListening = stdin.isTTY && isTerminal ? endAtKey(stdin, end) : () => undefined;

  const url = `ws://127.0.0.1:${port}`;
  const random = Math.random;
  const ids = new Set<string>();
  const isActor = (id: string) => ids.has(id);
  const actors = new Map(cast.map((name) => [name, new Actor(name, { url, signal, random, isActor })]));
  for (const { hub } of actors.values()) hub.on('user', ({ user }) => ids.add(user.id));
  const eyes = actors.get(host)?.hub;
  if (!eyes) throw new Error(`${host} is not there`);
  const stage = openStage(eyes, stdout, isTerminal ? depthOf(stdout, env, true) : undefined, clock);
  try {
    await Promise.all(rooms.map((room) => stage.chat.join(room, false)));
    await Promise.all(Array.from(actors.values(), (actor) => actor.begin()));
    await play(actors, signal, random);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stage.close();
    stopListening();
    await Promise.all(Array.from(actors.values(), ({ hub }) => hub.close({ timeout: 0 })));
  }
}

function announcement(port: number, hasPages: boolean, command: string): string {
  return [
    'A few people are chatting here. Join them',
    ...(hasPages ? [`  in a browser:         http://localhost:${port}/`] : []),
    `  in another terminal:  ${command} chat ws://localhost:${port}`,
    '',
    '',
  ].join('\n');
}

/** In raw mode the terminal shows no typed keys, and Ctrl-C is a key like others. */
function endAtKey(stdin: Surroundings['stdin'], end: AbortController): () => void {
  stdin.setRawMode?.(true);
  const stop = listen(stdin, (action) => {
    if (action.kind === 'interrupt' || action.kind === 'end') end.abort();
    if (action.kind === 'insert' && action.text === 'q') end.abort();
  });
  return () => {
    stop();
    stdin.setRawMode?.(false);
    stdin.pause();
  };
}

/** Repeats the screenplay until it is aborted. */
async function play(actors: ReadonlyMap<Person, Actor>, signal: AbortSignal, random: () => number): Promise<never> {
  for (;;) {
    for (const step of screenplay) {
      await pause(500 + 1700 * random(), undefined, { signal });
      try {
        await actors.get(step.who)?.act(step);
      } catch (error) {
        // A line that the server refuses is left out; the others go on.
        if (!(error instanceof HubbubError) || signal.aborted) throw error;
      }
    }
    await pause(6000, undefined, { signal });
  }
}
