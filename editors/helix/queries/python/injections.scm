; t-strings are HTML, as in route files of hyperpy. All of a file are read as one document.
((string
  (string_start) @_start
  (string_content) @injection.content)
  (#match? @_start "^[rR]?[tT]")
  (#set! injection.language "html")
  (#set! injection.combined))

; This file replaces the one of Helix.
((comment) @injection.content
  (#set! injection.language "comment"))
