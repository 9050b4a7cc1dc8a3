"""Orders before a slot's call: who may place them, the continuous book, members' wishes, day-ahead sessions."""
