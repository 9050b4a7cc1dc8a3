"""The commands and queries that graphs, API, pages and the command line share. One noun a file; a caller brings the
database and the moment, a service brings the rules."""
