"""What every page is made with: rendering, navigation, charts, lists, formatting."""
