"""What the tests of Voronka share: the truth, the world, the brokers."""
