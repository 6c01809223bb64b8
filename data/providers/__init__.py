"""Whom we buy from: carriers, agents and institutions, with how each is reached, paid and waited for; identified by a number."""
