"""Ways to prove who somebody is: papers that a person looked at, and the signature of a personal certificate."""
