"""The Memory agent: recalls profiles, prices and cases, learns after settlement, never forgets an audit record."""
