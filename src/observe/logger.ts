import { inspect } from 'node:util';
import { type ISettingsParam, Logger as TsLogger } from 'tslog';

/** Further fields of a record; they cannot replace `time`, `level` or `message`. */
export type Fields = Readonly<Record<string, unknown>>;

type Write = (message: string, fields?: Fields) => void;

export interface Logger {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export type Level = keyof Logger;

export interface LoggerOptions {
  /** The least important records that are written. */
  readonly level: Level;
  /** `auto` is pretty when `isTTY`, and JSON lines otherwise. */
  readonly format: 'auto' | 'pretty' | 'json';
  readonly stream: { write(text: string): unknown };
  /** Whether the stream is a terminal; pretty records have colours only there. */
  readonly isTTY: boolean;
}

type Settings = ISettingsParam<Record<string, unknown>>;

const ranks: Readonly<Record<Level, number>> = { trace: 1, debug: 2, info: 3, warn: 4, error: 5 };

/** Whether records of this level are written where those from `least` on are. */
export function isOn(least: Level, level: Level): boolean {
  return ranks[level] >= ranks[least];
}

/** A record is one write to the stream, and one line; a pretty one is followed by the stacks of its errors. */
export function createLogger({ level: least, format, stream, isTTY }: LoggerOptions): Logger {
  const pretty = format === 'pretty' || (format === 'auto' && isTTY);
  const write = pretty ? prettyWriter(least, stream, isTTY) : jsonWriter(stream);
  const at = (level: Level): Write =>
    isOn(least, level) ? (message, fields = {}) => write(level, message, fields) : () => undefined;
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Writes a record of this level. */
type Writer = (level: Level, message: string, fields: Fields) => void;

/** Without tslog: a server where clients come and go writes many records, and tslog takes eight times as long. */
function jsonWriter(stream: LoggerOptions['stream']): Writer {
  return (level, message, fields) => {
    const head = { time: new Date().toISOString(), level, message };
    stream.write(`${toJson(head, fields)}\n`);
  };
}

function prettyWriter(least: Level, stream: LoggerOptions['stream'], colours: boolean): Writer {
  const logger = new TsLogger({
    minLevel: ranks[least],
    hideLogPositionForProduction: true,
    maskValuesOfKeys: [],
    ...prettySettings(stream, colours),
  });
  return (level, message, fields) => {
    logger[level](message, fields);
  };
}

function prettySettings(stream: LoggerOptions['stream'], colours: boolean): Settings {
  return {
    type: 'pretty',
    prettyLogTemplate: '{{hh}}:{{MM}}:{{ss}}.{{ms}} {{logLevelName}} ',
    prettyLogTimeZone: 'local',
    stylePrettyLogs: colours,
    overwrite: {
      addPlaceholders: (meta, values) => {
        values['logLevelName'] = meta.logLevelName.padEnd(5);
      },
      formatLogObj: ([message, fields]) => toPretty(String(message), fields as Fields),
      transportFormatted: (meta, args, errors) => {
        stream.write(`${[meta + args.join(' '), ...errors].join('\n')}\n`);
      },
    },
  };
}

function toJson(head: Fields, fields: Fields): string {
  try {
    return JSON.stringify({ ...head, ...fields, ...head }, replacer);
  } catch {
    // A circle, or a toJSON that throws: logging must not fail.
    return JSON.stringify({ ...head, fields: inspect(fields) });
  }
}

function replacer(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return typeof value === 'bigint' ? String(value) : value;
}

function toPretty(message: string, fields: Fields): { args: string[]; errors: string[] } {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${toText(value)}`);
  const errors = Object.values(fields).filter((value) => value instanceof Error);
  return {
    args: [printable(message), ...pairs],
    errors: errors.map((error) => (error.stack ?? String(error)).split('\n').map(printable).join('\n')),
  };
}

function toText(value: unknown): string {
  if (value instanceof Error) return toText(String(value));
  if (typeof value === 'string' && /^[\p{L}\p{N}_./:@+-]+$/u.test(value)) return value;
  return inspect(value, { breakLength: Infinity, compact: true });
}

/** Clients choose some of the logged text: it must not be able to control the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
