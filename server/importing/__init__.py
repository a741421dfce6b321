"""The import: files of any size through the same use case as a mutation, in large batches."""
