/** All kinds of abuse. */
import { floods } from './floods.ts';
import { handshakes } from './handshakes.ts';
import type { Kind } from './kind.ts';
import { questions } from './questions.ts';
import { receivers } from './receivers.ts';

export const kinds: readonly Kind[] = [...handshakes, ...questions, ...receivers, ...floods];
