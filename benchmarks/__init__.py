"""What is measured beside a floor or a peer: each prints its figures, the floor it is held to and the machine."""
