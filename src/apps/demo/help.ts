/** The text of `hubbub demo --help`. */
export const help = `Usage: hubbub demo [OPTION]...

Starts a server with a few people who chat, shows their conversation, and says where to join
them. Ctrl-C ends it; nothing is left behind.

  --port NUMBER                 TCP port to listen on. [default: a free one]
  --host TEXT                   Address to listen on. [default 127.0.0.1]
  --help                        Shows this text.
`;
