import type { HttpResponse } from 'uWebSockets.js';

/**
 * Answers a request when there is something to answer, at once or later, in one write.
 *
 * @param ask to be given what takes the answer
 * @param write writes it to the response
 * @param gone is told the answer if the client has gone before
 */
export function answer<Answer>(
  response: HttpResponse,
  ask: (take: (answer: Answer) => void) => void,
  write: (answer: Answer) => void,
  gone: (answer: Answer) => void = () => undefined,
): void {
  let state: 'asked' | 'answered' | 'aborted' = 'asked';
  ask((answer) => {
    if (state === 'aborted') return gone(answer);
    state = 'answered';
    response.cork(() => write(answer));
  });
  if (state !== 'asked') return;
  response.onAborted(() => {
    state = 'aborted';
  });
}
