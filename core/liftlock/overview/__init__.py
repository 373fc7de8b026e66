"""What is seen before anything is done: the board, where a version runs, and what the doctor says."""
