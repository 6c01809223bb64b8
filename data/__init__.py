"""What is true: tables, rules, words. Never touches the network or the screen, never asks for the time."""
