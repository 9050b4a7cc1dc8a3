"""The world made up, from one seed: public load profiles as homes, their batteries and meters, prices, planted cases,
scripted experts and crashes. It speaks to Gridpact only through the doors that the real world uses."""
