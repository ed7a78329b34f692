/** The documents hold together: every link leads somewhere, every page is listed, every file that is named exists. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path));
const pages = ['README.md', 'PROTOCOL.md', 'SECURITY.md', 'CHANGELOG.md', 'bench/README.md', ...inDocs.filter(isPage)];

function isPage(path: string): boolean {
  return path.endsWith('.md');
}

/** The text of a page without its code, in which nothing is a link or a heading. */
function prose(page: string): string {
  return readFileSync(join(root, page), 'utf8').replace(/^```.*?^```$/gms, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): Set<string> {
  const found = Array.from(prose(page).matchAll(/^#+ +(.*?) *$/gm), ([, heading = '']) => heading);
  const plain = found.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, ''));
  return new Set(plain.map((heading) => heading.replaceAll(' ', '-')));
}

for (const page of pages) {
  test(`every link in ${page} leads somewhere`, () => {
    for (const [, link = ''] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(root, join(root, dirname(page), path));
      assert.ok(existsSync(join(root, target)), link);
      if (anchor !== undefined && isPage(target)) assert.ok(anchors(target).has(anchor), link);
    }
  });
}

test('every page of docs/ is listed in docs/README.md', () => {
  const list = prose('docs/README.md');
  for (const page of inDocs.filter(isPage)) {
    const path = relative('docs', page);
    if (path !== 'README.md') assert.ok(list.includes(`](${path})`), path);
  }
});

test('the README stays short', () => {
  assert.ok(readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n').length <= 160);
});

test('every file that the way of a frame names is there', () => {
  const named = prose('docs/contributing.md').matchAll(/`((?:src|test|schemas|scripts)\/[\w./-]*)`/g);
  for (const [, path = ''] of named) {
    assert.ok(existsSync(join(root, path)), path);
    assert.equal(statSync(join(root, path)).isDirectory(), path.endsWith('/'), path);
  }
});
