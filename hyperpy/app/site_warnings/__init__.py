"""Likely mistakes that one file alone doesn't show: names of files, helper modules, streams behind guards."""
