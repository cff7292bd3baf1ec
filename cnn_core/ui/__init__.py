"""The only package that imports streamlit: shell, error display, parts of pages."""
