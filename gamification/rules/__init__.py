"""The rules: one file for each kind. Each reads and changes a draft; `engine` calls them in order."""
