"""The `andecha` command: a contract whose verbs, keys and exit codes change only with the changelog."""
