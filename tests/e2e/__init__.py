"""End to end: the real command, real peers, real pages in Chromium."""
