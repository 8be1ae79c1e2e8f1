"""Tests of the web rooms, over real TLS on loopback."""
