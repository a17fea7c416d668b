"""Sample rows of a source, as read and as conformed."""
