"""The benchmarks behind the numbers that the project claims, each on a town hall of its own."""
