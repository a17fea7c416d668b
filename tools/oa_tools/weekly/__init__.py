"""A weekly run over test towns, some of them broken in different ways, whose data can then be fixed."""
