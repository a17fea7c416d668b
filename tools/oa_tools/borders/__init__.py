"""The borders below the points of `source.png`, from public data: the file that oa_task.preview reads."""
