"""Rule packs as data, and the register of the sources they cite."""
