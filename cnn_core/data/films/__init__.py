"""Chest radiographs: files to canonical pictures, tables, the store of film sets, phantoms."""
