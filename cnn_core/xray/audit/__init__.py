"""The audit of a film set before training: six parts, each in a module, and what follows from them.

Free of torch: what a network says of the films comes in as embeddings.
"""

from cnn_core.xray.audit.audit import audit_films
from cnn_core.xray.audit.duplicates import groups_of

__all__ = ["audit_films", "groups_of"]
