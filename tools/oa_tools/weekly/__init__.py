"""A weekly run over test towns, some of them broken in different ways, which can be fixed afterwards."""
