"""Rendering at request time: document → function; components and fragments."""
