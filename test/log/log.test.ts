import { logContract } from './contract.ts';
import { lmdb, memory } from './kit.ts';

logContract({ name: 'memory', open: memory, isDurable: false });
logContract({ name: 'lmdb', open: lmdb, isDurable: true });
