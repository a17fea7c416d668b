"""Dead letters: messages that could not be processed, viewed, redriven or discarded."""
