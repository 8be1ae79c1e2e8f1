"""Tests of the room: tokens, log, state and rules."""
