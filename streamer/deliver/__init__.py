"""From encoded frames to the viewers: packets, peers, fan-out."""
