"""Other people's feeds and our webhooks: work that fails and is tried again."""
