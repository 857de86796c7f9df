"""Services on the network that judge or reward: who the operator registered, how they are called, what they answer."""
