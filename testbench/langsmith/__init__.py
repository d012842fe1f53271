"""A double of LangSmith for tests and for the sandbox; README.md says how to start it and what it does not check."""
