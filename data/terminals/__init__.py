"""Terminals with their merchants, agents and models; a terminal is identified by its merchant and its terminal number."""
