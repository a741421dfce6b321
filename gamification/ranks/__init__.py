"""The index of ranks: any place of a large board in microseconds, exactly as the store has it."""
