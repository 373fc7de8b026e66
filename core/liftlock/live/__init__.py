"""The live side of a repository: which cluster an environment is on, what runs there, and what is going on."""
