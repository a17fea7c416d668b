"""Files that people send because no server has them: taken within limits, looked at, then given a lasting address."""
