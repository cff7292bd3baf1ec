"""Little data: what pays where a class has few pictures, trained features or training.

The arms share pictures, draws and the one network EfficientNet-Lite0, whose trained weights come
as a package; a small network beside it is as large as few pictures can feed.
"""
