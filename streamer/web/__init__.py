"""HTTPS, certificates, tokens and the pages\x27 door."""
