"""Frozen dataclasses that travel between the layers. No torch, no plotly, no streamlit."""
