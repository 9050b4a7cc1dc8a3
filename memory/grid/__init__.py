"""Tables of grid operators' signals and OpenADR's objects."""
