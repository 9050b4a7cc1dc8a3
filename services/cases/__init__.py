"""What people must decide: which contracts wait for them, who decided what, and what follows."""
