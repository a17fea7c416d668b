"""The areas that a source can cover, from public borders: the file that oa_task.placement reads."""
