/** The text of `hubbub log --help`. */
export const help = `Usage: hubbub log export [OPTION]...
       hubbub log import [OPTION]... [FILE]
       hubbub log verify [OPTION]...

Backs up, moves and checks the stored messages.

  export                        Writes the messages to standard output, as JSON Lines. A server
                                may be using them meanwhile. What is damaged is left out, and
                                named on standard error.
  import                        Reads an export from FILE or standard input, and adds its rooms;
                                it ends at a room that is there already. No server may be using
                                the data directory.
  verify                        Reads everything, and names what is damaged or missing. A server
                                may be using it meanwhile.

  --data PATH                   Directory where the server keeps its data, as for the server.
                                [HUBBUB_DATA, default ./data]
  --config PATH                 JSON file with the server's options. [HUBBUB_CONFIG]
  --room NAME                   For an export: only this room; may be given several times.
  --epochs WORD                 For an import: new (the default) or keep. With new, clients read
                                their rooms from the start: right for a backup, because numbers
                                that are not in it have been seen by them. With keep, they go on
                                where they were: right for a move, if nothing was sent after the
                                export.

Exit codes: 0 if all was done and nothing is damaged; 1 if something is damaged, or could not be
imported or written; 2 if nothing was done, because of how it was called or where it runs.
`;
