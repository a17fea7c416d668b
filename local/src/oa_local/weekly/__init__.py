"""A weekly run over made-up towns, some of them broken in different ways, and their mending."""
