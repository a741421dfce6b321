"""The rules: one file for each kind. Each works on a draft; `engine` calls them in order."""
