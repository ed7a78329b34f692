/** The longest frame that the server takes: it is in `welcome`, but the client does not expose it. */
import type { WebSocketConstructor } from '../../../client/socket.ts';
import type { ServerWelcome } from '../../../protocol/generated/frames.ts';

/** A WebSocket that reports the limits. */
export function listening(tell: (limits: ServerWelcome['limits']) => void): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      const listen = ({ data }: MessageEvent) => {
        if (typeof data === 'string') tell((JSON.parse(data) as ServerWelcome).limits);
      };
      this.addEventListener('message', listen, { once: true });
    }
  };
}
