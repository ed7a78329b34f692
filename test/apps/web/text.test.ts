import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { contentOf } from '../../../src/apps/web/state/content.ts';
import { fileTypeOf, mimeOf } from '../../../src/apps/web/state/mime.ts';
import { beginningOf, cleanName, cleanText, segmentsOf } from '../../../src/apps/web/state/text.ts';

describe('text of others', () => {
  test('what would disturb other lines is taken out, what right-to-left text needs is not', () => {
    assert.equal(cleanText('a\u202eb\u2066c\u0000d\u009be\ud800f'), 'abcdef');
    assert.equal(cleanText('a\r\nb\rc\u2028d\u0085e\tf'), 'a\nb\nc\nd\ne\tf');
    assert.equal(cleanText('\u05d0\u200f 🐈'), '\u05d0\u200f 🐈');
    assert.equal(cleanName(' a\n b\u202e '), 'a b');
    assert.equal(cleanName('\u202e'), '…');
  });

  test('links lead to the web, and end where a person would say', () => {
    const links = (text: string) => segmentsOf(text).flatMap(({ text: shown, href }) => (href ? [[shown, href]] : []));
    assert.deepEqual(links('see https://example.com/a?b=c#d.'), [
      ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ]);
    assert.deepEqual(links('(http://example.com/x)')[0]?.[0], 'http://example.com/x');
    assert.deepEqual(links('https://en.wikipedia.org/wiki/A_(b)')[0]?.[0], 'https://en.wikipedia.org/wiki/A_(b)');
    assert.deepEqual(links('javascript:alert(1) data:text/html,x ftp://x file:///etc xhttps://'), []);
    assert.deepEqual(links('https://\u0000 https://[ https://a.b'), [['https://a.b', 'https://a.b/']]);
  });

  test('nothing of a text is lost when it is cut into links and words', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('https://', 'http://a.b/', '(', ')', ' ', '\n', '.', '"'));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = parts.join('');
        const segments = segmentsOf(text);
        assert.equal(segments.map((one) => one.text).join(''), text);
        for (const { href } of segments) assert.match(href ?? 'https://', /^https?:\/\//);
      }),
    );
  });

  test('of a long text there is a beginning', () => {
    assert.equal(beginningOf('short\ntext'), undefined);
    assert.equal(beginningOf('x'.repeat(5000))?.length, 4000);
    assert.equal(beginningOf('line\n'.repeat(50))?.split('\n').length, 40);
    assert.equal(beginningOf(`${'x'.repeat(3999)}🐈${'x'.repeat(100)}`)?.length, 3999);
  });
});

describe('files', () => {
  test('any name travels with the type, and is harmless at the other end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (name) => {
        const mime = mimeOf('image/png', name);
        assert.match(mime, /^[!-~]+\/[!-~]+(;[ -~]*)?$/);
        assert.ok(mime.length <= 255);
        const found = fileTypeOf(mime);
        assert.equal(found.type, 'image/png');
        assert.doesNotMatch(found.name ?? '', /[/\\:\0-\x1f\u202e]|^\./);
      }),
    );
    assert.deepEqual(fileTypeOf(mimeOf('text/plain', 'Übersicht 1.txt')), {
      type: 'text/plain',
      name: 'Übersicht 1.txt',
    });
    assert.deepEqual(fileTypeOf('Image/PNG; charset=x; name="a \\"b\\".png"'), {
      type: 'image/png',
      name: 'a _b_.png',
    });
    assert.deepEqual(fileTypeOf('a/b; name*=%ff'), { type: 'a/b', name: undefined });
    assert.equal(mimeOf('not a type', 'x'), 'application/octet-stream; name=x');
    assert.equal(fileTypeOf(mimeOf('a/b', '../../etc/passwd')).name, '__.._etc_passwd');
  });

  test('only what has nothing but pixels is shown', () => {
    const bytes = new Uint8Array([1]);
    const kind = (mime: string) => contentOf(bytes, mime).kind;
    for (const type of ['png', 'jpeg', 'gif', 'webp', 'avif']) assert.equal(kind(`image/${type}; name=x`), 'image');
    for (const mime of ['image/svg+xml', 'IMAGE/SVG+XML', 'text/html', 'image/png+xml', 'application/pdf', 'x/y']) {
      assert.equal(kind(mime), 'file', mime);
    }
    assert.deepEqual(contentOf({ a: 1 }, undefined), { kind: 'json', text: '{\n  "a": 1\n}' });
    assert.deepEqual(contentOf('a\u202eb', 'text/html'), { kind: 'text', text: 'ab' });
  });
});
