/**
 * Tells whether the name of a room matches `pattern`, in which `*` stands for any run of characters, also for none, and
 * every other character for itself. Each part between two `*` is searched once, from the end of the part before, so the
 * time grows only with the length of the name: names come from clients.
 */
export function matcher(pattern: string): (room: string) => boolean {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return (room) => room === pattern;
  return (room) => {
    if (!room.startsWith(start)) return false;
    let from = start.length;
    for (const part of parts) {
      const found = room.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return room.endsWith(end) && room.length - end.length >= from;
  };
}
