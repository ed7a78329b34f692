/** The text of `hubbub chat --help`. */
export const help = `Usage: hubbub chat [OPTION]... [URL]

Chats in the terminal, on the server at URL (default ws://localhost:8080, or a name alone: then
at port 8080); /help there lists the commands. Where input or output is no terminal, it speaks
plain lines (--simple).

  --name NAME                   What to be called.
  --room NAME                   A room to enter; may be given several times. [default lobby]
  --token TOKEN                 Who to be: a ticket of the server, or what else it takes.
  --no-remember                 Do not keep the ticket with which the same user comes back next
                                time. It is kept for each server and name, in
                                $XDG_STATE_HOME/hubbub or ~/.local/state/hubbub.
  --ca FILE                     Trust the certificates in FILE (PEM).
  --fingerprint SHA256          Trust the certificate with this fingerprint alone: the server
                                tells it at its start.
  --insecure                    Trust any certificate, such as a self-signed one.
  --simple                      Lines in, lines out, without control of the screen. An empty
                                line quits.
  --once                        Send the lines of the input, wait until the server has them, and
                                end: echo hello | hubbub chat --once
  --empty-quits                 An empty line quits, in a terminal too.
  --no-color                    No colours. The environment variable NO_COLOR does the same.
  --help                        Shows this text.

Exit codes: 0 if it ended as asked; 1 if something was refused or the server cannot be reached
(--once), or the server has ended the connection for good; 2 if it was called wrongly.
`;
