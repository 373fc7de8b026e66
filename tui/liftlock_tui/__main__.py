"""`python -m liftlock_tui` is the command `liftlock`."""

from liftlock_tui.cli import main

main()
