/** How long a frame may be: the server says so in `welcome`, and the client keeps it to itself. */
import type { WebSocketConstructor } from '../../../client/socket.ts';
import type { ServerWelcome } from '../../../protocol/generated/frames.ts';

/** A WebSocket that tells what the limits are. */
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
