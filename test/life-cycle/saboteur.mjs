// Loaded into the real program (`node --import`): a defect that nobody expects, at a signal.
process.once('SIGWINCH', () => {
  throw new Error('a defect');
});
process.once('SIGIO', () => {
  void Promise.reject(new Error('a defect'));
});
