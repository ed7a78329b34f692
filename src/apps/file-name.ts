/** The name of a file travels as a parameter of its MIME type: `image/png; name=cat.png`. */

/** The longest MIME type in PROTOCOL.md, in characters. */
const longest = 255;

const parameter = /;\s*name(\*)?=("(?:[^"\\]|\\.)*"|[^;]*)/i;

/** @returns the type with the name, which is cut off if it is too long. */
export function withName(type: string, name: string): string {
  if (/^[\w.+-]+$/.test(name)) return `${type}; name=${name}`.slice(0, longest);
  // RFC 8187: `name*=UTF-8''cat%20%F0%9F%90%88.png`
  let mime = `${type}; name*=UTF-8''`;
  for (const character of name.replace(/\p{Cs}/gu, '_')) {
    const encoded = encodeURIComponent(character).replace(/['()*!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    if (mime.length + encoded.length > longest) break;
    mime += encoded;
  }
  return mime;
}

/** @returns the type in lower case, and the name as it was given, which may be anything; empty if there is none. */
export function parseMime(mime: string): { readonly type: string; readonly name: string } {
  const [type = ''] = mime.split(';');
  const [, star, value = ''] = parameter.exec(mime) ?? [];
  const name = star === undefined ? unquoted(value.trim()) : decoded(value.trim());
  return { type: type.trim().toLowerCase(), name };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^[\w-]*'[\w-]*'/, ''));
  } catch {
    return '';
  }
}
