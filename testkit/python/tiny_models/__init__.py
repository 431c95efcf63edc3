"""Tiny random models of many architectures, made by the route that published models take."""
