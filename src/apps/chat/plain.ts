/** Entries as lines for pipes and scripts, in the manner of the text dialect: one event, one line, nothing but text. */
import { undirected } from '../../protocol/printable.ts';
import type { Entry } from './entries.ts';
import { changeWords, gapWords, linesOf, namesIn, type Said, saidIn } from './words.ts';

export function plainLines(entry: Entry, home: string | undefined): string[] {
  return lines(entry, home).map(undirected);
}

function lines(entry: Entry, home: string | undefined): string[] {
  switch (entry.kind) {
    case 'message': {
      const place = entry.room === home ? '' : `[${entry.room}] `;
      return said(saidIn(entry), `${place}<${entry.from.name}>`, `${place}* ${entry.from.name}`);
    }
    case 'direct': {
      const who = `[${entry.from.name} to ${entry.to.name}]`;
      return said(saidIn(entry), who, `${who} *`);
    }
    case 'broadcast': {
      const who = `<${entry.from.name} to everyone>`;
      return said(saidIn(entry), who, `${who} *`);
    }
    case 'presence': {
      const { joins, leaves, changes, room } = entry;
      return [
        ...(joins.length > 0 ? [`* ${namesIn(joins)} joined ${room}`] : []),
        ...(leaves.length > 0 ? [`* ${namesIn(leaves)} left ${room}`] : []),
        ...changes.flatMap((change) => changeWords(change) ?? []).map((words) => `* ${words}`),
      ];
    }
    case 'gap':
      return [`* ${entry.room}: ${gapWords(entry.gap)}`];
    case 'unsent':
      return entry.reason === undefined ? [] : said(saidIn(entry), `! not sent (${entry.reason}):`);
    case 'notice':
      return linesOf(entry.text).map((line) => `${entry.tone === 'error' ? '!' : '*'} ${line}`);
    case 'heading':
      return [];
  }
}

/** Every line stands under its sender's name, so that nobody can make up lines of the program. */
function said({ text, isAction }: Said, who: string, doer = who): string[] {
  return linesOf(text).map((line) => `${isAction ? doer : who} ${line}`);
}
