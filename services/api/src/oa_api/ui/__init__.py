"""The user interface: rendering, navigation, charts, lists, formatting."""
