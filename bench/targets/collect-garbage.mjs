// Loaded into a server before its own code (`node --expose-gc --import`): collects its garbage when asked over IPC, so
// that memory can be compared. It keeps nothing else from happening, and nothing alive.
process.on('message', () => {
  globalThis.gc();
  globalThis.gc();
  process.send('collected');
});
process.channel.unref();
