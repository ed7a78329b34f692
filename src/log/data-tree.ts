/**
 * Checks the pages of a data file that LMDB reads and writes whenever a store is opened: the list of free pages, the
 * list of the tables, the table `store`, and the roots of the other tables. LMDB trusts every page: garbage in one of
 * these ends the process at once (SIGSEGV, SIGABRT), without a word for the operator. Damage elsewhere shows when it is
 * read.
 *
 * A page has a header of 24 bytes: its number (8), the transaction (8), 2 unused bytes, flags (2), the end of the list
 * of node offsets that follows (2; each offset has 2 bytes), and the start of the nodes (2). A node has the length of
 * its value (4; in a branch, the lower part of a page's number), flags (2; its upper part), the length of its key (2),
 * the key and the value. Little endian.
 */
import { readSync } from 'node:fs';

export interface DataFile {
  readonly fd: number;
  readonly pageSize: number;
  readonly lastPage: number;
}

/** The number of a root page; undefined if there is nothing below. */
type Root = number | undefined;

interface Node {
  readonly key: Buffer;
  readonly flags: number;
  /** In a branch. */
  readonly child: number;
  /** In a leaf. */
  readonly value: Buffer;
}

interface Page {
  readonly isBranch: boolean;
  readonly nodes: readonly Node[];
}

const headLength = 24;
const nodeLength = 8;
const at = { number: 0, flags: 18, taken: 20, nodes: 22 } as const;
const kind = { mask: 0x6f, branch: 1, leaf: 2 } as const;
const nodeFlags = { elsewhere: 1, table: 2 } as const;
/** The first two pages are meta pages, and not part of a tree. */
const firstPage = 2;

/** The description of a tree: in the meta page, or as the value of a table's node. */
export const treeLength = 48;
const rootOffset = 40;
const noRoot = 0xffff_ffff_ffff_ffffn;

/** The table that is read as a whole at the start; its name as LMDB writes it. */
const wholeTable = 'store';

export function readRoot(description: Buffer): Root {
  const root = description.readBigUInt64LE(rootOffset);
  return root === noRoot ? undefined : Number(root);
}

/**
 * @param free the root of the list of free pages.
 * @param tables the root of the list of tables.
 * @returns the number of a damaged page; undefined if none was seen.
 */
export function findDamagedPage(file: DataFile, free: Root, tables: Root): number | undefined {
  const others: Root[] = [];
  const isWhole = ({ key, flags, value }: Node): boolean => {
    if ((flags & nodeFlags.table) === 0) return true;
    if (value.length < treeLength) return false;
    if (key.toString() === wholeTable) return walk(file, readRoot(value)) === undefined;
    others.push(readRoot(value));
    return true;
  };
  const damaged = walk(file, free) ?? walk(file, tables, isWhole);
  return damaged ?? others.find((root) => root !== undefined && !readPage(file, root));
}

/** @returns the number of a page that is damaged, or has a node that is. */
function walk(file: DataFile, root: Root, isWhole: (node: Node) => boolean = () => true): number | undefined {
  const seen = new Set<number>();
  const waiting = root === undefined ? [] : [root];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const page = seen.has(number) ? undefined : readPage(file, number);
    if (!page) return number;
    seen.add(number);
    if (page.isBranch) waiting.push(...page.nodes.map(({ child }) => child));
    else if (!page.nodes.every(isWhole)) return number;
  }
  return undefined;
}

/** undefined if it is damaged. */
function readPage({ fd, pageSize, lastPage }: DataFile, number: number): Page | undefined {
  if (number < firstPage || number > lastPage) return undefined;
  const bytes = Buffer.alloc(pageSize);
  readSync(fd, bytes, 0, pageSize, number * pageSize);
  const type = bytes.readUInt16LE(at.flags) & kind.mask;
  const isBranch = type === kind.branch;
  if (Number(bytes.readBigUInt64LE(at.number)) !== number || (!isBranch && type !== kind.leaf)) return undefined;
  const [taken, start] = [bytes.readUInt16LE(at.taken), bytes.readUInt16LE(at.nodes)];
  if (taken % 2 !== 0 || taken < (isBranch ? 4 : 2) || taken > start || start > pageSize - headLength) return undefined;
  const body = bytes.subarray(headLength);
  const nodes: Node[] = [];
  for (let place = 0; place < taken; place += 2) {
    const node = readNode(body, body.readUInt16LE(place), isBranch);
    if (!node) return undefined;
    nodes.push(node);
  }
  return { isBranch, nodes };
}

/** undefined if it does not fit into the page. */
function readNode(body: Buffer, start: number, isBranch: boolean): Node | undefined {
  const keyStart = start + nodeLength;
  if (keyStart > body.length) return undefined;
  const flags = body.readUInt16LE(start + 4);
  const valueStart = keyStart + body.readUInt16LE(start + 6);
  // A value that is too long for the page is stored elsewhere; the node has the page number.
  const length = isBranch ? 0 : flags & nodeFlags.elsewhere ? 8 : body.readUInt32LE(start);
  const end = valueStart + length;
  if (end > body.length) return undefined;
  return {
    key: body.subarray(keyStart, valueStart),
    flags: isBranch ? 0 : flags,
    child: body.readUInt32LE(start) + flags * 0x1_0000_0000,
    value: body.subarray(valueStart, end),
  };
}
