/** Entries as lines for pipes and scripts, like those of the text dialect: one line of plain text per event. */
import { shown } from '../../protocol/names.ts';
import { undirected } from '../../protocol/printable.ts';
import type { Entry } from './entries.ts';
import { changeWords, gapWords, linesOf, nameOf, namesIn, type Said, saidIn } from './words.ts';

export function plainLines(entry: Entry, home: string | undefined): string[] {
  return lines(entry, home).map(undirected);
}

function lines(entry: Entry, home: string | undefined): string[] {
  switch (entry.kind) {
    case 'message': {
      const place = entry.room === home ? '' : `[${shown(entry.room)}] `;
      return said(saidIn(entry), `${place}<${nameOf(entry.from)}>`);
    }
    case 'direct': {
      return said(saidIn(entry), `[${nameOf(entry.from)} to ${nameOf(entry.to)}]`);
    }
    case 'broadcast': {
      return said(saidIn(entry), `<${nameOf(entry.from)} to everyone>`);
    }
    case 'presence': {
      const { joins, leaves, changes, room } = entry;
      return [
        ...(joins.length > 0 ? [`* ${namesIn(joins)} joined ${shown(room)}`] : []),
        ...(leaves.length > 0 ? [`* ${namesIn(leaves)} left ${shown(room)}`] : []),
        ...changes.flatMap((change) => changeWords(change) ?? []).map((words) => `* ${words}`),
      ];
    }
    case 'gap':
      return [`* ${shown(entry.room)}: ${gapWords(entry.gap)}`];
    case 'unsent':
      return entry.reason === undefined ? [] : said(saidIn(entry), `! not sent (${entry.reason}):`);
    case 'notice':
      return linesOf(entry.text).map((line) => `${entry.tone === 'error' ? '!' : '*'} ${line}`);
    case 'heading':
      return [];
  }
}

/** Every line begins with the sender's name, so that nobody can fake lines of the program. */
function said({ text, isAction }: Said, who: string): string[] {
  return linesOf(text).map((line) => `${isAction ? '* ' : ''}${who} ${line}`);
}
