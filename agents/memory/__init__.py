"""The Memory agent: recalls profiles, price patterns and cases; learns after settlement; never forgets an audit record."""
