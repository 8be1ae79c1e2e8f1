"""The scene as pure data: what is shown, from where, with what drawn on it."""
