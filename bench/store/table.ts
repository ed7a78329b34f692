/** The figures of stores, side by side. */
import { count, ratio } from '../scenarios/format.ts';
import { median } from '../statistics.ts';
import type { Figures } from './measure.ts';

export interface MeasuredStore {
  readonly messages: number;
  /** Of its file, in bytes. */
  readonly bytes: number;
  /** Of every start. */
  readonly runs: readonly Figures[];
}

const mebi = 1024 * 1024;

/**
 * The head, and a row for each figure: its median for every store, and the ratio of the largest store to the smallest
 * one that has it.
 */
export function storeRows(stores: readonly MeasuredStore[]): string[][] {
  // The largest one has every figure, and thus their order.
  const names = new Set(stores.toReversed().flatMap(({ runs }) => runs.flatMap((figures) => [...figures.keys()])));
  const perMessage = stores.map(({ bytes, messages }) => bytes / messages);
  return [
    ['', ...stores.map(({ messages }) => `${count(messages)} messages`), 'growth'],
    ['bytes on disk per message', ...perMessage.map(count), growth(perMessage)],
    ...[...names].map((name) => {
      const values = stores.map(({ runs }) => middle(runs, name));
      const format = name.startsWith('m') ? mebibytes : milliseconds;
      return [name, ...values.map((value) => (value === undefined ? '–' : format(value))), growth(values)];
    }),
  ];
}

function middle(runs: readonly Figures[], name: string): number | undefined {
  const values = runs.flatMap((figures) => figures.get(name) ?? []);
  return values.length > 0 ? median(values) : undefined;
}

function growth(values: readonly (number | undefined)[]): string {
  const [first, ...larger] = values.filter((value) => value !== undefined);
  const last = larger.at(-1);
  return first === undefined || last === undefined ? '–' : ratio(last / first);
}

function milliseconds(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ms`;
}

function mebibytes(value: number): string {
  return `${(value / mebi).toFixed(1)} MiB`;
}
