export const USAGE = `usage: millrace COMMAND …

  millrace tail URL        follow a run to its end: its text on stdout, the rest on stderr
      --from start|CURSOR  begin there (default: start)
      --json               one entry a line, as JSON
  millrace runs BASE       list one's own runs, newest first
      --json               one run a line, as JSON
  millrace cancel URL      stop a run's work, for every reader
  millrace signal URL TYPE [JSON]  send a run what it asks for
      --id ID              which question that answers (default: the one that is open)
  millrace doctor BASE     say what lies between here and a server does to streams, and what cures it
      --idle SECONDS       also keep silent for so long (at most 300)
      --json               as one line of JSON

  URL is a run's address, http://host/runs/ID; or say it as two words, BASE ID.

  --header 'Name: value'   sent with every request; may be repeated
  --help, --version

Exit codes: 0 completed, 1 failed, cancelled or not reachable, 2 misused, 130 interrupted.
Of doctor: 0 healthy, 1 something was found, 2 the server could not be asked.
`
