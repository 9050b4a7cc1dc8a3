"""Trading one by one between gate opening and the closing call: commands, the book they build, the call after it."""
