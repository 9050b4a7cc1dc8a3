"""The four agents: what each may do, one file a skill, one graph an agent.

Runtime forecasts, bids, clears and drafts. Memory recalls and learns. Gateway reads the world and writes to it.
Identity says who may trade. None of them may do another's work: every step asks for its grant first.
"""
